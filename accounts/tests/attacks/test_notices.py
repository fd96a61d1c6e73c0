"""What somebody might try with the notices of others."""

import uuid

import pytest
from django.core import mail
from django.test import Client

from accounts import errors, letters, services
from accounts.models import Notice
from accounts.tests import factories as make
from accounts.tests.test_notice_send import tell, told
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import NotFound, Unauthenticated

pytestmark = pytest.mark.django_db


def test_others_neither_see_nor_read_nor_open_them():
    """ASVS 5.0 8.2.2: one's own alone."""
    mine, other = make.patient(), make.patient()
    tell(mine)
    (notice,) = told(mine)
    assert told(other) == []
    with pytest.raises(NotFound):
        services.notice_open(make.actor(other), notice.id, at=make.AT)
    assert services.notices_read(make.actor(other), [notice.id], at=make.AT) == 0
    assert services.notices_read(make.actor(other), at=make.AT) == 0
    assert not told(mine)[0].is_read
    for staff in (make.support(), make.admin()):
        assert told(staff) == []
        assert not Notice.objects.visible_to(make.actor(staff)).exists()


def test_what_was_only_mailed_is_not_in_the_app():
    person = make.patient()
    tell(person)
    Notice.objects.unscoped(reason="test").update(in_app=False)
    assert told(person) == []
    assert "data-notices hidden" in make.browser(person).get("/notices/").content.decode()


def test_nobody_reads_without_being_somebody():
    with pytest.raises(Unauthenticated):
        services.notices_read(Actor.anonymous(via=Via.WEB), at=make.AT)


def test_a_browser_that_says_what_it_is_writes_nothing_into_a_notice():
    """The header is only what a client claims: what is no ordinary word is left out."""
    person = make.patient()
    for number, device in enumerate(
        ("Firefox/1", "CallMeNowAt5550142OrElseYouWillLoseYourWholeAccountbot/1.0")
    ):
        actor = Actor.anonymous(via=Via.WEB, device=device, ip="203.0.113.5")
        services.device_note(actor, person.id, bytes([number]) * 32, at=clock.now(), tell=True)
    (notice,) = told(person)
    assert "CallMe" not in notice.said.text
    assert "203.0.113.5" in notice.said.text


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJ4IiwgInkiXQ", "\x00"])
def test_a_cursor_that_is_none_is_refused(cursor):
    assert make.browser(make.patient()).get("/notices/", {"cursor": cursor}).status_code == 400


def test_an_open_redirect_is_none():
    """Where a notice leads is made of its own parameters, by the names of our pages alone."""
    person = make.patient()
    tell(person, kind="care", code="asked", params={"proposal": "//evil.example/"})
    (notice,) = told(person)
    assert notice.said.url == ""
    assert make.browser(person).post(f"/notices/{notice.id}/open/")["Location"] == "/notices/"
    assert make.browser(person).post(f"/notices/{uuid.uuid4()}/open/").status_code == 404


def test_mail_about_security_has_no_way_out():
    person = make.patient()
    path = letters.stop_path(person.id, "security")
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404
    with pytest.raises(errors.NoticeLocked):
        services.notice_stop(Actor.anonymous(via=Via.WEB), person.id, "security", at=make.AT)
    tell(person)
    letters.letters_send(at=make.AT)
    assert "List-Unsubscribe" not in mail.outbox[-1].extra_headers


@pytest.mark.parametrize("kind", ["nonsense", "Security", "care"])
def test_a_way_out_of_nothing_is_none(kind):
    assert Client().post(letters.stop_path(make.NOBODY, kind)).status_code == 404
    with pytest.raises(NotFound):
        services.notice_stop(Actor.anonymous(via=Via.WEB), make.NOBODY, kind, at=make.AT)
