"""Mail for those who are away while something waits for them."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import services as accounts
from accounts.tests import factories as people
from accounts.types import NoticeChannel
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from bloom.realtime import census
from messaging import selectors, services
from messaging.models import Member
from messaging.notice_kinds import MESSAGES
from messaging.services import absence
from messaging.tests import factories as make

pytestmark = pytest.mark.django_db
LATER = make.AT + settings.ABSENCE_AFTER
QUIET = settings.ABSENCE_QUIET


def sweep(at=LATER):
    return services.absent_tell(people.SYSTEM, at=at)


def letters(at):
    """Who is written to, by the job that sends mails."""
    mail.outbox.clear()
    people.letters_send(at=at)
    return [to for sent in mail.outbox for to in sent.to]


@pytest.fixture(autouse=True)
def _nobody_has_a_page_open(monkeypatch):
    monkeypatch.setattr(census, "people_here", lambda ids: set())


class TestWhoIsTold:
    def test_who_has_not_read_for_a_while_gets_one_mail(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        assert sweep(LATER - timedelta(seconds=1)) == 0
        assert sweep() == 1
        assert letters(LATER) == [talk.patient.email]
        (sent,) = mail.outbox
        assert sent.subject == "You have a new message in Bloom"
        assert f"{settings.SITE_URL}/messages/" in sent.body
        assert str(talk.id) not in sent.body
        assert sweep(LATER + timedelta(days=1)) == 0

    def test_who_has_read_or_has_nothing_to_read_gets_none(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        services.conversation_read(talk.as_patient, talk.id, 1, at=make.AT)
        assert sweep() == 0

    def test_a_second_mail_waits_for_the_quiet_period_and_for_something_new(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        assert sweep() == 1
        make.send(talk.as_therapist, talk.id, "And how was Monday?", at=LATER)
        assert sweep(LATER + timedelta(minutes=30)) == 0
        assert sweep(LATER + QUIET) == 1
        assert sweep(LATER + 2 * QUIET) == 0

    def test_each_conversation_has_its_own(self):
        therapist = people.therapist()
        for _patient in range(2):
            talk = make.talk(therapist=therapist)
            make.send(talk.as_patient, talk.id)
        assert sweep() == 2
        assert letters(LATER) == [therapist.email] * 2

    def test_who_writes_on_without_a_pause_is_heard_all_the_same(self):
        talk = make.talk()
        for minute in range(0, 12, 3):
            make.send(talk.as_patient, talk.id, at=make.AT + timedelta(minutes=minute))
        assert sweep(make.AT + timedelta(minutes=12)) == 1

    def test_what_was_taken_back_is_no_reason(self):
        talk = make.talk()
        message = make.send(talk.as_therapist, talk.id, at=clock.now())
        services.message_delete(talk.as_therapist, message.id, at=clock.now())
        assert sweep(clock.now() + settings.ABSENCE_AFTER) == 0

    def test_who_has_left_is_not_told(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        Member.objects.unscoped(reason="test").filter(user_id=talk.patient.pk).update(left_at=make.AT)
        assert sweep() == 0

    def test_who_muted_it_is_left_alone(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        services.conversation_arrange(talk.as_patient, talk.id, muted=True, at=make.AT)
        assert sweep() == 0
        services.conversation_arrange(talk.as_patient, talk.id, muted=False, at=make.AT)
        assert sweep() == 1

    def test_what_waits_for_a_week_is_not_brought_up_again(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        assert sweep(make.AT + settings.ABSENCE_FORGOTTEN + timedelta(minutes=1)) == 0

    def test_a_page_that_is_open_is_waited_for_but_not_for_ever(self, monkeypatch):
        monkeypatch.setattr(census, "people_here", set)
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        assert sweep() == 0
        assert sweep(make.AT + settings.ABSENCE_AFTER_IN_VIEW) == 1

    def test_those_who_are_here_starve_nobody(self, monkeypatch):
        monkeypatch.setattr(absence, "AT_ONCE", 2)
        talks = [make.talk() for _number in range(5)]
        for talk in talks:
            make.send(talk.as_therapist, talk.id)
        waiting = [each.person_id for each in selectors.absent_members(people.SYSTEM, at=LATER, limit=9)]
        monkeypatch.setattr(census, "people_here", lambda ids: set(ids) & set(waiting[:4]))
        assert sweep() == 1
        assert len(letters(LATER)) == 1

    def test_it_is_a_choice(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        no = {(MESSAGES, str(NoticeChannel.EMAIL)): False}
        accounts.notices_choose(people.actor(talk.patient), no, at=make.AT)
        sweep()
        assert letters(LATER) == []

    def test_it_is_not_in_the_bell(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        sweep()
        page = people.browser(talk.patient).get("/notices/").content.decode()
        assert "new message in Bloom" not in page
        assert "data-notices hidden" in page or "waits for your answer" in page

    def test_a_sweep_that_runs_twice_tells_once(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        assert [sweep(), sweep()] == [1, 0]

    def test_one_query_asks_for_all(self, django_assert_num_queries):
        for _talk in range(3):
            talk = make.talk()
            make.send(talk.as_therapist, talk.id)
        with django_assert_num_queries(1):
            selectors.absent_members(people.SYSTEM, at=LATER, limit=10)

    def test_nobody_but_the_job_sweeps(self):
        with pytest.raises(NotAllowed):
            services.absent_tell(people.actor(people.admin()), at=LATER)


class TestTheWayOut:
    def told(self):
        talk = make.talk()
        make.send(talk.as_therapist, talk.id)
        sweep()
        assert letters(LATER) == [talk.patient.email]
        (sent,) = mail.outbox
        path = sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix(settings.SITE_URL)
        assert path in sent.body
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        return talk, path

    def wants(self, person):
        page = people.browser(person).get("/settings/notifications/").content.decode()
        (switch,) = [each for each in page.split("<input") if 'name="messages.email"' in each]
        return " checked" in switch.partition(">")[0]

    def test_looking_changes_nothing_and_a_press_ends_it(self):
        talk, path = self.told()
        visitor = Client(enforce_csrf_checks=True)
        for _look in range(2):
            page = visitor.get(path)
            assert page.status_code == 200
            assert "No more of these mails" in page.content.decode()
            visitor.head(path)
        assert self.wants(talk.patient)
        assert visitor.post(path).status_code == 200
        assert not self.wants(talk.patient)
        make.send(talk.as_therapist, talk.id, "And how was Monday?", at=LATER + QUIET)
        sweep(LATER + 2 * QUIET)
        assert letters(LATER + 2 * QUIET) == []

    def test_the_reader_s_own_program_needs_one_post(self):
        talk, path = self.told()
        answer = Client(enforce_csrf_checks=True).post(
            path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200
        assert not self.wants(talk.patient)
