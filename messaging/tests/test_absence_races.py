"""Two sweeps at once, a reader at the same moment: one mail, or none."""

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail

from accounts.tests import factories as people
from bloom.kernel.testing import at_once
from bloom.realtime import census
from messaging import services
from messaging.models import AbsenceNotice
from messaging.tests import factories as make

Notice = apps.get_model("accounts", "Notice")
LATER = make.AT + settings.ABSENCE_AFTER


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_two_sweeps_at_once_tell_once_and_two_jobs_mail_once(monkeypatch, _again):
    monkeypatch.setattr(census, "people_here", lambda ids: set())
    talk = make.talk()
    make.send(talk.as_therapist, talk.id)
    told = at_once(*[lambda: services.absent_tell(people.SYSTEM, at=LATER)] * 4)
    assert sorted(told) == [0, 0, 0, 1]
    assert AbsenceNotice.objects.unscoped(reason="test").count() == 1
    mail.outbox.clear()
    sent = at_once(*[lambda: people.letters_send(at=LATER)] * 4)
    assert sum(sent) == 1
    assert [each.to for each in mail.outbox] == [[talk.patient.email]]


@pytest.mark.django_db(transaction=True)
def test_who_reads_at_the_same_moment_is_told_at_most_once(monkeypatch):
    monkeypatch.setattr(census, "people_here", lambda ids: set())
    talk = make.talk()
    make.send(talk.as_therapist, talk.id)
    at_once(
        lambda: services.conversation_read(talk.as_patient, talk.id, 1, at=LATER),
        lambda: services.absent_tell(people.SYSTEM, at=LATER),
        lambda: services.absent_tell(people.SYSTEM, at=LATER),
    )
    told = Notice.objects.unscoped(reason="test").filter(kind="messages")
    assert told.count() == AbsenceNotice.objects.unscoped(reason="test").count() in {0, 1}
    assert services.absent_tell(people.SYSTEM, at=LATER + settings.ABSENCE_QUIET) == 0
