"""What an owner reads who invites somebody, and what a link says that opens nothing any more."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail

from accounts import errors, services
from accounts.models import Membership, Notice, Session
from accounts.tests import factories as make
from accounts.types import MembershipRole
from bloom.kernel import clock

pytestmark = pytest.mark.django_db

CLINICIAN, FRONT_DESK = MembershipRole.CLINICIAN, MembershipRole.FRONT_DESK


def invite(owner, email, role=CLINICIAN):
    address = f"/practices/{make.practice_of(owner)}/invite/"
    answer = make.browser(owner).post(address, {"email": email, "role": role.value}, follow=True)
    return " ".join(answer.content.decode().split())


def opened(secret, person=None):
    client = make.browser(person or make.therapist())
    return " ".join(client.get(f"/invitations/{secret}/").content.decode().split())


def test_the_form_says_whom_one_cannot_invite():
    owner = make.therapist()
    assert "This is your own address" in invite(owner, owner.email)
    assert "We have written to" not in invite(owner, owner.email)


def test_a_second_invitation_says_what_it_changes():
    owner = make.therapist()
    invite(owner, "new@example.org")
    page = invite(owner, "new@example.org", FRONT_DESK)
    assert "They had an invitation already (Clinician)" in page
    assert "another role: Front desk" in page
    assert page.count("data-invitation=") == 1
    assert "opens nothing any more" in mail.outbox[-1].body
    assert "for another role" not in invite(owner, "new@example.org", FRONT_DESK)


def test_a_link_that_is_over_says_what_happened_and_whom_to_ask():
    owner, colleague = make.therapist(name="Ada Lind"), make.therapist()
    first = make.invitation(owner, colleague.email)
    second = make.invitation(owner, colleague.email)
    page = opened(first.secret, colleague)
    assert "A newer invitation was sent" in page
    assert "ask Ada Lind or another owner" in page
    services.invitation_withdraw(make.actor(owner), second.id, at=clock.now())
    assert "This invitation was taken back" in opened(second.secret, colleague)
    third = make.invitation(owner, colleague.email)
    services.invitation_decline(make.actor(colleague), third.secret, at=clock.now())
    assert "This invitation was declined" in opened(third.secret, colleague)


def test_the_button_of_a_page_that_is_out_of_date_leads_to_what_happened():
    owner, colleague = make.therapist(), make.therapist()
    sent = make.invitation(owner, colleague.email)
    services.invitation_withdraw(make.actor(owner), sent.id, at=clock.now())
    for answer in ("accept", "decline"):
        page = make.browser(colleague).post(f"/invitations/{sent.secret}/{answer}/", follow=True)
        assert "This invitation was taken back" in page.content.decode()


def test_a_colleague_is_told_that_it_is_ownership_that_is_offered():
    owner, colleague = make.therapist(name="Ada Lind"), make.therapist()
    sent = make.invitation(owner, colleague.email, CLINICIAN)
    services.invitation_accept(make.actor(colleague), sent.secret, at=clock.now())
    here = make.practice_of(owner)
    make.browser(owner, factor=True).post(f"/practices/{here}/people/{colleague.id}/", {"role": "owner"})
    letter = mail.outbox[-1]
    assert letter.to == [colleague.email]
    assert "asked to be an owner" in letter.subject
    html = (
        letter.alternatives[0].content
        if hasattr(letter.alternatives[0], "content")
        else letter.alternatives[0][0]
    )
    for part in (letter.body, html):
        assert "Ada Lind would like you to own" in part
    codes = Notice.objects.unscoped(reason="test").filter(user=colleague).values_list("code", flat=True)
    assert "owner_asked" in codes


class TestWhatStandsAgainstIt:
    @pytest.fixture
    def house(self):
        self.owner, self.colleague = make.therapist(), make.therapist()
        self.here = make.practice(self.owner, self.colleague)
        make.assignment(make.patient(), self.colleague, practice_id=self.here)
        return f"/practices/{self.here}"

    def refused(self, person, path):
        page = make.browser(person, factor=True, practice_id=self.here).post(path).content.decode()
        assert 'role="alert"' in page
        assert "Patients are in this person’s care here" in page
        return page[page.index('role="alert"') :]

    def test_taking_somebody_out_is_answered_where_it_was_pressed(self, house):
        said = self.refused(self.owner, f"{house}/people/{self.colleague.id}/remove/")
        assert 'href="/care/"' in said
        assert f"Take {self.colleague.name} out" in said

    def test_so_is_leaving_with_a_way_that_is_open_to_them(self, house):
        said = self.refused(self.colleague, f"{house}/leave/")
        assert 'href="/patients/"' in said
        assert 'href="/care/"' not in said

    def test_the_last_owner_reads_why_they_cannot_go(self, house):
        page = make.browser(self.owner, factor=True, practice_id=self.here).post(f"{house}/leave/")
        said = page.content.decode()
        assert 'role="alert"' in said
        assert str(errors.LastOwner.detail) in said


def test_who_shows_a_factor_before_leaving_comes_back_to_leaving_and_reads_that_they_are_still_there():
    owner, colleague = make.therapist(), make.therapist()
    here = make.practice(owner, colleague)
    both = Membership.objects.unscoped(reason="test").filter(practice_id=here)
    both.update(role=MembershipRole.OWNER)
    client = make.browser(colleague, practice_id=here)
    make.app(colleague)
    Session.objects.filter(user=colleague).update(factor_at=clock.now() - timedelta(minutes=11))
    page = f"/practices/{here}/leave/"
    answer = client.post(page)
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [page]
    shown = client.get(answer["Location"], follow=True).content.decode()
    assert "Nothing has changed yet." in shown
