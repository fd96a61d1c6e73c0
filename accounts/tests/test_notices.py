"""What people want to be told of, by which way."""

import pytest

from accounts import errors, notice_kinds, selectors, services
from accounts.models import NoticeChoice
from accounts.tests import factories as make
from accounts.types import NoticeChannel
from bloom.kernel import registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid, Unauthenticated

pytestmark = pytest.mark.django_db
APP, EMAIL = NoticeChannel.APP, NoticeChannel.EMAIL
LISTING = (notice_kinds.LISTING, str(EMAIL))
SECURITY = (notice_kinds.SECURITY, str(EMAIL))


def choose(user, **facts):
    return services.notices_choose(make.actor(user), facts["choices"], at=make.AT)


def chosen_by(user):
    return selectors.notice_choices(make.actor(user))


def listed(user):
    return {view.kind: view.is_wanted for view in chosen_by(user) if view.channel is EMAIL}


class TestChoices:
    def test_everything_comes_until_somebody_says_no(self):
        therapist = make.therapist()
        assert listed(therapist)[notice_kinds.LISTING]
        choose(therapist, choices={LISTING: False})
        assert not listed(therapist)[notice_kinds.LISTING]
        assert not selectors.notice_wanted(therapist.id, *LISTING)
        assert selectors.notice_wanted(make.therapist().id, *LISTING)

    def test_each_change_is_on_record_and_no_change_is_not(self):
        therapist = make.therapist()
        choose(therapist, choices={LISTING: True})
        assert make.recorded("accounts.notice.chosen") == []
        choose(therapist, choices={LISTING: False})
        choose(therapist, choices={LISTING: False})
        (event,) = make.recorded("accounts.notice.chosen")
        assert event.data == {"kind": "listing", "channel": "email", "is_wanted": False}
        choose(therapist, choices={LISTING: True})
        assert len(make.recorded("accounts.notice.chosen")) == 2
        assert NoticeChoice.objects.unscoped(reason="test").count() == 1

    def test_patients_are_not_asked_about_what_only_therapists_get(self):
        assert notice_kinds.LISTING not in listed(make.patient())
        with pytest.raises(Invalid):
            choose(make.patient(), choices={LISTING: False})

    def test_only_who_works_in_a_practice_is_asked_about_practices(self):
        """And nobody is kept from turning off a mail that came all the same."""
        therapist, patient = make.therapist(), make.patient()
        working = make.actor(therapist, practice_id=make.practice_of(therapist))
        asked = {view.kind for view in selectors.notice_choices(working)}
        assert {notice_kinds.PRACTICE, "webhooks"} <= asked
        assert not {notice_kinds.PRACTICE, "webhooks"} & set(listed(patient))
        services.notice_stop(make.SYSTEM, patient.id, notice_kinds.PRACTICE, at=make.AT)
        assert not selectors.notice_wanted(patient.id, notice_kinds.PRACTICE, EMAIL)

    def test_the_page_costs_one_query(self, django_assert_num_queries):
        actor = make.actor(make.therapist())
        with django_assert_num_queries(1):
            selectors.notice_choices(actor)

    def test_each_kind_says_what_it_is(self):
        for key, kind in registry.notice_kind.items():
            assert all((kind.title, kind.hint)), key
            assert set(kind.channels) <= set(NoticeChannel), key


class TestPage:
    def test_switches_are_kept(self):
        therapist = make.therapist()
        client = make.browser(therapist)
        assert 'name="listing.email"' in client.get("/settings/notifications/").content.decode()
        assert client.post("/settings/notifications/", {}).status_code == 302
        assert not listed(therapist)[notice_kinds.LISTING]
        client.post("/settings/notifications/", {"listing.email": "on"})
        assert listed(therapist)[notice_kinds.LISTING]

    def test_a_script_gets_a_word_and_no_page(self):
        answer = make.browser(make.therapist()).post(
            "/settings/notifications/", {}, headers={"HX-Request": "true"}
        )
        assert "Saved." in answer.content.decode()
        assert "<html" not in answer.content.decode()

    def test_what_is_locked_is_shown_without_a_switch(self):
        page = make.browser(make.patient()).get("/settings/notifications/").content.decode()
        assert "Always on" in page
        assert 'name="security.email"' not in page


def test_mail_about_security_cannot_be_turned_off():
    """ASVS 5.0 6.3.5: who has broken in cannot silence the mail that would tell."""
    user = make.patient()
    with pytest.raises(errors.NoticeLocked):
        choose(user, choices={SECURITY: False})
    NoticeChoice.objects.create(
        user=user, kind="security", channel="email", is_wanted=False, changed_at=make.AT
    )
    assert selectors.notice_wanted(user.id, *SECURITY)
    assert listed(user)[notice_kinds.SECURITY]


@pytest.mark.parametrize("pair", [("nonsense", "email"), ("listing", "pigeon"), ("", "")])
def test_what_is_no_notice_is_refused_and_nothing_is_kept(pair):
    """ASVS 5.0 2.2.1: only what is known is stored."""
    with pytest.raises(Invalid):
        choose(make.therapist(), choices={LISTING: False, pair: False})
    assert not NoticeChoice.objects.unscoped(reason="test").exists()


def test_nobody_chooses_for_another_or_sees_what_another_chose():
    """ASVS 5.0 8.2.2: choices are those of whoever asks."""
    one, other = make.therapist(), make.therapist()
    choose(one, choices={LISTING: False})
    assert listed(other)[notice_kinds.LISTING]
    assert not NoticeChoice.objects.visible_to(make.actor(other)).exists()
    with pytest.raises(Unauthenticated):
        services.notices_choose(Actor.anonymous(via=Via.WEB), {LISTING: False}, at=make.AT)
