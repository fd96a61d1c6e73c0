"""Telling people: one way for all of it, in the app and by mail."""

import uuid
from datetime import timedelta

import pytest
import structlog
from django.conf import settings
from django.core import mail
from django.utils.translation import override

from accounts import letters, metrics, notice_kinds, rules, selectors, services, tasks
from accounts.models import Notice, NoticeChoice, User
from accounts.tests import factories as make
from accounts.types import MembershipRole, NoticeChannel
from bloom.kernel import clock, db, registry
from bloom.kernel.errors import NotAllowed, NotFound

pytestmark = pytest.mark.django_db
CARE, SECURITY = notice_kinds.CARE, notice_kinds.SECURITY


@db.transactional
def tell(*people, kind=SECURITY, code="token_made", event_id=None, at=make.AT, **more):
    services.notice_send(
        make.SYSTEM,
        kind,
        code,
        [person.id for person in people],
        event_id=event_id or uuid.uuid4(),
        at=at,
        **more,
    )


def told(user):
    return list(selectors.notice_list(make.actor(user)).items)


def rows():
    return Notice.objects.unscoped(reason="test")


def refuse(user, kind, *channels):
    for channel in channels:
        NoticeChoice.objects.create(
            user=user, kind=kind, channel=channel, is_wanted=False, changed_at=make.AT
        )


# What a copy is of, as the page of copies takes it.
COPY = {"topic": "conversation", "about": str(uuid.uuid4())}


class TestSending:
    def test_it_stands_in_the_app_and_leaves_by_mail(self):
        person = make.patient()
        tell(person)
        (notice,) = told(person)
        assert (notice.said.title, notice.said.url) == ("An API token was made", "/settings/tokens/")
        assert not notice.is_read
        assert letters.letters_send(at=make.AT) == 1
        (sent,) = mail.outbox
        assert (sent.to, sent.subject) == ([person.email], "An API token was made")
        assert f"{settings.SITE_URL}/settings/tokens/" in sent.body
        assert letters.letters_send(at=make.AT + timedelta(days=1)) == 0

    @pytest.mark.parametrize("code", sorted(notice_kinds.KINDS[SECURITY].words))
    def test_mail_about_security_leads_to_where_one_acts(self, code):
        person = make.patient()
        at = make.AT.isoformat()
        params = {
            "provider": "google",
            "platform_role": "patient",
            "count": 3,
            "day": at,
            "until": at,
            **COPY,
        }
        tell(person, code=code, params=params)
        page = told(person)[0].said.url
        letters.letters_send(at=make.AT)
        (sent,) = mail.outbox
        html = sent.alternatives[0][0]
        assert page
        for address in (page, "/accounts/password/reset/", "/settings/activity/"):
            assert f"{settings.SITE_URL}{address}" in sent.body
            assert f'href="{settings.SITE_URL}{address}"' in html

    def test_an_event_is_told_once(self):
        person, event_id = make.patient(), uuid.uuid4()
        tell(person, event_id=event_id)
        tell(person, event_id=event_id)
        assert len(told(person)) == 1
        assert len(make.recorded("accounts.notice.made")) == 1

    def test_what_is_undone_tells_nobody(self):
        person = make.patient()

        @db.transactional
        def fails():
            services.notice_send(
                make.SYSTEM, SECURITY, "kept", [person.id], event_id=uuid.uuid4(), at=make.AT
            )
            raise NotFound

        with pytest.raises(NotFound):
            fails()
        assert not rows().exists()

    @pytest.mark.parametrize("refused", [(), ("app",), ("email",), ("app", "email")])
    def test_each_way_is_asked(self, refused):
        therapist = make.therapist()
        refuse(therapist, notice_kinds.LISTING, *refused)
        tell(therapist, kind=notice_kinds.LISTING, code="verified")
        assert len(told(therapist)) == ("app" not in refused)
        assert letters.letters_send(at=make.AT) == ("email" not in refused)
        assert rows().exists() == (len(refused) < 2)

    def test_what_is_locked_comes_whatever_was_chosen(self):
        person = make.patient()
        refuse(person, SECURITY, *NoticeChannel)
        tell(person)
        assert len(told(person)) == 1
        assert letters.letters_send(at=make.AT) == 1

    def test_a_mail_of_its_own_is_not_doubled(self):
        person = make.patient()
        tell(person, by_mail=False)
        assert letters.letters_send(at=make.AT) == 0
        assert len(told(person)) == 1

    @pytest.mark.parametrize("words", ["I do not sleep, and I am afraid.", "¡Hola!", "x" * 41, {"a": 1}])
    def test_it_carries_nothing_that_somebody_wrote(self, words):
        with pytest.raises(rules.WordsInNotice):
            tell(make.patient(), params={"note": words})

    def test_words_are_made_for_whoever_reads_them(self):
        person, other = make.patient(), make.patient(name="Maya Torres")
        tell(
            person,
            kind=notice_kinds.PRACTICE,
            code="joined",
            params={"person": other.id, "practice": uuid.uuid4(), "role": MembershipRole.BILLER},
        )
        assert told(person)[0].said.title == "Maya Torres has joined A practice"
        User.objects.filter(id=other.id).update(preferred_name="May")
        with override("es"):
            assert told(person)[0].said.title.startswith("May ")

    def test_a_code_that_bloom_sends_no_longer_keeps_the_title_of_its_kind(self):
        person = make.patient()
        tell(person, code="of_another_age")
        assert told(person)[0].said.title == "Security of your account"

    def test_every_notice_has_words_that_can_be_said(self):
        params = {
            "person": uuid.uuid4(),
            "patient": uuid.uuid4(),
            "therapist": uuid.uuid4(),
            "practice": uuid.uuid4(),
            "proposal": uuid.uuid4(),
            "assignment": uuid.uuid4(),
            "role": MembershipRole.BILLER,
            "provider": "google",
            "platform_role": "support",
            "count": 3,
            "day": make.AT,
            "until": make.AT,
            "browser": "Firefox",
            "system": "Windows",
            "ip": "203.0.113.5",
        }
        person = make.patient()
        for key, kind in registry.notice_kind.items():
            for code in kind.words:
                tell(person, kind=key, code=code, params=params)
        for notice in told(person):
            assert "%(" not in notice.said.title + notice.said.text
            assert notice.said.title


class TestLetters:
    def test_one_that_fails_is_tried_again_later_and_the_others_leave(self, monkeypatch):
        gone, here = make.patient(email="gone@example.org"), make.patient()
        tell(gone)
        tell(here)
        real = letters.notices.mail_send

        def send(template, email, *more):
            if email == gone.email:
                raise OSError("refused")
            real(template, email, *more)

        monkeypatch.setattr(letters.notices, "mail_send", send)
        assert letters.letters_send(at=make.AT) == 1
        assert letters.letters_send(at=make.AT + timedelta(minutes=1)) == 0
        monkeypatch.undo()
        assert letters.letters_send(at=make.AT + timedelta(minutes=6)) == 1
        assert sorted(to for sent in mail.outbox for to in sent.to) == sorted([gone.email, here.email])

    def test_nobody_tries_for_ever(self, monkeypatch):
        tell(make.patient())
        monkeypatch.setattr(letters.notices, "mail_send", lambda *args, **more: 1 / 0)
        at = make.AT
        for _try in range(12):
            letters.letters_send(at=at)
            at += timedelta(days=1)
        assert rows().get().mail_due_at is None

    def test_two_senders_send_it_once(self):
        tell(make.patient())
        assert services.letter_take(make.SYSTEM, at=make.AT) is not None
        assert services.letter_take(make.SYSTEM, at=make.AT) is None

    def test_a_slow_relay_uses_up_no_try_of_those_that_wait_behind(self, monkeypatch):
        """What waits is taken when its turn comes, and held from then on: nobody else sends it meanwhile."""
        people = [make.patient() for _number in range(3)]
        tell(*people)
        clock_now, seen = [0.0], []
        monkeypatch.setattr(letters.time, "monotonic", lambda: clock_now[0])

        def send(template, email, *more):
            seen.append((email, rows().filter(mail_tries=0).count()))
            clock_now[0] += 200
            other_at = make.AT + timedelta(seconds=clock_now[0])
            assert not rows().filter(mail_due_at__lte=other_at, mail_tries__gt=0).exists()

        monkeypatch.setattr(letters.notices, "mail_send", send)
        assert letters.letters_send(at=make.AT) == 3
        assert [waiting for _email, waiting in seen] == [2, 1, 0]

    def test_one_that_is_given_up_is_logged_and_counted(self, monkeypatch):
        tell(make.patient())
        monkeypatch.setattr(letters.notices, "mail_send", lambda *args, **more: 1 / 0)
        given_up = metrics.LETTERS_GIVEN_UP.labels(SECURITY)
        before = given_up._value.get()
        with structlog.testing.capture_logs() as logs:
            for day in range(7):
                letters.letters_send(at=make.AT + timedelta(days=day))
        assert given_up._value.get() == before + 1
        assert [each["kind"] for each in logs if each["event"] == "accounts.letter_given_up"] == [SECURITY]

    def test_what_is_urgent_comes_again_sooner(self, monkeypatch):
        person = make.therapist()
        tell(person, kind="alerts", code="danger")
        monkeypatch.setattr(letters.notices, "mail_send", lambda *args, **more: 1 / 0)
        letters.letters_send(at=make.AT)
        assert make.AT < rows().get().mail_due_at < make.AT + timedelta(minutes=2)

    def test_who_has_left_is_not_written_to(self):
        person = make.patient()
        tell(person)
        User.objects.filter(id=person.id).update(is_active=False)
        assert letters.letters_send(at=make.AT) == 0
        assert rows().get().mail_due_at is None

    def test_care_is_not_named_in_a_mail(self):
        patient, therapist = make.patient(name="Maya Torres"), make.therapist()
        make.request(patient, therapist, "I do not sleep.")
        rows().exclude(kind=CARE).delete()
        assert told(therapist)[0].said.text == "Maya Torres"
        assert letters.letters_send(at=make.AT) == 1
        (sent,) = mail.outbox
        assert sent.subject == "Something in Bloom waits for your answer"
        assert "Maya" not in sent.body + sent.subject
        assert "care" not in (sent.body + sent.subject).lower()


class TestReading:
    def test_all_at_once_or_some(self):
        person = make.patient()
        for minute in range(3):
            tell(person, at=make.AT + timedelta(minutes=minute))
        newest, *_rest = told(person)
        assert services.notices_read(make.actor(person), [newest.id], at=make.AT) == 1
        assert [each.is_read for each in told(person)] == [True, False, False]
        assert selectors.profile_get(make.actor(person)).notices_unread == 2
        assert services.notices_read(make.actor(person), at=make.AT) == 2
        assert selectors.notices_unread(person.id) == {None: 0}

    def test_a_list_goes_on_where_a_page_ended(self):
        person = make.patient()
        for minute in range(5):
            tell(person, at=make.AT + timedelta(minutes=minute // 2))
        first = selectors.notice_list(make.actor(person), limit=2)
        second = selectors.notice_list(make.actor(person), limit=2, cursor=first.next)
        third = selectors.notice_list(make.actor(person), limit=2, cursor=second.next)
        ids = [each.id for page in (first, second, third) for each in page.items]
        assert len(set(ids)) == 5
        assert third.next is None

    def test_what_was_read_leaves_after_a_while_and_all_of_it_in_the_end(self):
        person = make.patient()
        tell(person)
        services.notices_read(make.actor(person), at=make.AT)
        tell(person, at=make.AT + timedelta(days=1))
        forget = services.notices_forget
        assert forget(make.SYSTEM, at=make.AT + timedelta(days=90)) == 0
        assert forget(make.SYSTEM, at=make.AT + timedelta(days=91)) == 1
        assert forget(make.SYSTEM, at=make.AT + timedelta(days=365)) == 0
        assert forget(make.SYSTEM, at=make.AT + timedelta(days=367)) == 1
        with pytest.raises(NotAllowed):
            forget(make.actor(person), at=make.AT)


class TestPages:
    def test_the_bell_counts_and_the_page_lists(self):
        person = make.patient()
        browser = make.browser(person)
        assert "Nothing yet" in browser.get("/notices/").content.decode()
        for _number in range(10):
            tell(person, at=clock.now())
        page = browser.get("/notices/").content.decode()
        assert "<span data-notices-count>9+</span>" in page
        assert page.count('data-notice="unread"') == 10
        browser.post("/notices/read/")
        page = browser.get("/notices/").content.decode()
        assert page.count('data-notice="read"') == 10
        assert "Mark all as read" not in page

    def test_following_one_reads_it(self):
        person = make.patient()
        tell(person, at=clock.now())
        (notice,) = told(person)
        answer = make.browser(person).post(f"/notices/{notice.id}/open/")
        assert answer["Location"] == "/settings/tokens/"
        assert told(person)[0].is_read

    def test_a_request_sends_its_mail_when_it_is_done(self):
        person = make.patient()
        make.app(person)
        browser = make.browser(person, factor=True)
        fields = {"name": "Calendar", "days": "30", "scopes": ["profile:read"]}
        assert browser.post("/settings/tokens/new/", fields).status_code == 200
        assert [sent.subject for sent in mail.outbox] == ["An API token was made"]
        tasks.letters_send()
        assert len(mail.outbox) == 1

    @pytest.mark.parametrize("broken", ["letter_take", "letter_sent"])
    def test_a_request_that_is_done_is_answered_whatever_its_mail_does(self, monkeypatch, broken):
        person = make.patient()
        make.app(person)
        browser = make.browser(person, factor=True)
        monkeypatch.setattr(letters.services, broken, lambda *args, **more: 1 / 0)
        fields = {"name": "Calendar", "days": "30", "scopes": ["profile:read"]}
        assert browser.post("/settings/tokens/new/", fields).status_code == 200

    def test_the_list_over_rest(self):
        person = make.patient()
        tell(person, at=clock.now())
        browser = make.browser(person)
        (row,) = browser.get("/api/v1/notices/").json()["results"]
        assert (row["kind"], row["code"], row["is_read"]) == ("security", "token_made", False)
        read = {"notices": [row["id"]]}
        answer = browser.post("/api/v1/notices/read/", read, content_type="application/json")
        assert answer.json() == {"read": 1}
        assert browser.get("/api/v1/notices/").json()["results"][0]["is_read"]


def test_the_account_takes_its_notices_along(monkeypatch):
    person = make.patient()
    tell(person)
    assert [
        row["what"]
        for part in selectors.export_parts(make.actor(person))
        if part.name == "notices"
        for row in part.rows()
    ] == ["An API token was made"]
