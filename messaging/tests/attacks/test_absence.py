"""What somebody might try with mail for the absent, and with its way out."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import selectors as accounts
from accounts.tests import factories as people
from accounts.types import NoticeChannel
from bloom.realtime import census
from messaging import services
from messaging.models import AbsenceNotice
from messaging.notice_kinds import MESSAGES
from messaging.tests import factories as make

pytestmark = pytest.mark.django_db
LATER = make.AT + settings.ABSENCE_AFTER


@pytest.fixture(autouse=True)
def _nobody_has_a_page_open(monkeypatch):
    monkeypatch.setattr(census, "people_here", lambda ids: set())


def link():
    talk = make.talk(patient=people.patient(name="Maya Torres"), therapist=people.therapist(name="Anna Lind"))
    make.send(talk.as_therapist, talk.id, make.CRISIS)
    services.absent_tell(people.SYSTEM, at=LATER)
    people.letters_send(at=LATER)
    sent = next(each for each in mail.outbox if each.to == [talk.patient.email])
    return talk, sent, sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix(settings.SITE_URL)


def test_the_mail_says_neither_what_nor_from_whom():
    """ASVS 5.0 14.2.1: nothing of health leaves by mail."""
    talk, sent, _path = link()
    whole = "".join([sent.subject, sent.body, *(str(part[0]) for part in sent.alternatives)])
    for word in ("Anna", "Lind", "Maya", "kill", "crisis", "therap", "patient", str(talk.id)):
        assert word.lower() not in whole.lower(), word


@pytest.mark.parametrize("change", ["person", "letter", "empty"])
def test_a_link_that_was_altered_ends_nothing(change):
    talk, _sent, path = link()
    *front, token, _end = path.split("/")
    other = people.patient()
    if change == "person":
        token = f"{other.id.hex}:{token.partition(':')[2]}"
    elif change == "letter":
        token = token[:-1] + ("a" if token[-1] != "a" else "b")
    else:
        token = ":"
    answer = Client().post("/".join([*front, token, ""]))
    assert answer.status_code == 404
    assert accounts.notice_wanted(talk.patient.pk, MESSAGES, NoticeChannel.EMAIL)
    assert accounts.notice_wanted(talk.patient.pk, "care", NoticeChannel.EMAIL)


def test_the_way_out_ends_one_kind_for_one_person_and_signs_nobody_in():
    talk, _sent, path = link()
    visitor = Client()
    assert visitor.post(path).status_code == 200
    assert not accounts.notice_wanted(talk.patient.pk, MESSAGES, NoticeChannel.EMAIL)
    assert accounts.notice_wanted(talk.patient.pk, "care", NoticeChannel.EMAIL)
    assert accounts.notice_wanted(talk.therapist.pk, MESSAGES, NoticeChannel.EMAIL)
    assert visitor.get("/dashboard/").status_code == 302


def test_flooding_somebody_with_messages_floods_nobody_with_mail():
    talk = make.talk()
    at = make.AT
    for number in range(20):
        make.send(talk.as_patient, talk.id, f"Number {number}", at=at)
        at += timedelta(minutes=3)
        services.absent_tell(people.SYSTEM, at=at)
    assert AbsenceNotice.objects.unscoped(reason="test").count() == 1
    people.letters_send(at=at)
    assert len([sent for sent in mail.outbox if sent.to == [talk.therapist.email]]) == 1


def test_others_see_no_trace_of_who_was_away():
    talk, *_rest = link()
    assert not AbsenceNotice.objects.visible_to(talk.as_therapist).exists()
    assert AbsenceNotice.objects.visible_to(talk.as_patient).count() == 1
