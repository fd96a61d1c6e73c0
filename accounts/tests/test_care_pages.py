"""The pages through which care begins and ends: what they show, keep and refuse."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client

from accounts import notice_kinds, selectors, services, tasks
from accounts.models import Assignment, Proposal
from accounts.tests import factories as make
from accounts.types import NoticeChannel, ProposalState
from bloom.kernel import clock

pytestmark = pytest.mark.django_db


def client(user):
    found = Client()
    found.cookies[django_settings.SESSION_COOKIE_NAME] = make.session_key(user)
    return found


def listed(**facts):
    therapist = make.therapist(**facts)
    make.practice_list_publicly(make.practice_of(therapist))
    return therapist


def ask(patient, therapist, message="I do not sleep."):
    return services.proposal_request(make.actor(patient), therapist.id, message, at=clock.now())


def html(answer):
    return answer.content.decode()


class TestAsking:
    def test_a_patient_asks(self):
        patient, therapist = make.patient(), listed(name="Anna Lindqvist")
        browser = client(patient)
        assert "Ask Anna Lindqvist to connect" in html(browser.get(f"/connections/ask/{therapist.id}/"))
        answer = browser.post(f"/connections/ask/{therapist.id}/", {"message": "I do not sleep."})
        (asked,) = selectors.proposals_own(make.actor(patient))
        assert answer.headers["Location"] == f"/connections/{asked.id}/"
        page = html(browser.get("/connections/"))
        assert "Your request to Anna Lindqvist" in page
        assert "Waits for the therapist" in page
        (sent,) = mail.outbox
        assert sent.to == [therapist.email]
        assert "sleep" not in sent.body + sent.subject
        assert patient.name not in sent.body + sent.subject

    def test_who_wants_no_mail_about_it_gets_none(self):
        patient, therapist = make.patient(), listed()
        services.notices_choose(
            make.actor(therapist), {(notice_kinds.CARE, str(NoticeChannel.EMAIL)): False}, at=clock.now()
        )
        client(patient).post(f"/connections/ask/{therapist.id}/", {"message": ""})
        assert mail.outbox == []

    def test_what_was_typed_stays_when_it_is_refused(self):
        patient, therapist = make.patient(), listed()
        ask(patient, therapist)
        answer = client(patient).post(f"/connections/ask/{therapist.id}/", {"message": "Once more."})
        assert answer.status_code == 409
        assert "Once more." in html(answer)
        assert "already waits for an answer" in html(answer)
        long = client(patient).post(f"/connections/ask/{therapist.id}/", {"message": "x" * 2001})
        assert long.status_code == 400
        assert "x" * 2001 in html(long)

    def test_who_works_in_two_practices_is_asked_where(self):
        patient, therapist = make.patient(), listed()
        group = make.practice(make.therapist(), therapist, is_listed=True)
        browser = client(patient)
        assert "At which practice" in html(browser.get(f"/connections/ask/{therapist.id}/"))
        browser.post(f"/connections/ask/{therapist.id}/", {"message": "", "practice": str(group)})
        assert Proposal.objects.unscoped(reason="test").get().practice_id == group

    def test_a_patient_is_no_therapist_to_ask(self):
        patient, therapist, other = make.patient(), make.therapist(), make.patient()
        make.assignment(patient, therapist)
        assert client(therapist).get(f"/connections/ask/{patient.id}/").status_code == 403
        assert client(patient).get(f"/connections/ask/{other.id}/").status_code == 404


class TestAnswering:
    def test_a_therapist_accepts_with_a_message(self):
        patient, therapist = make.patient(name="Maya Torres"), listed()
        asked = ask(patient, therapist)
        browser = client(therapist)
        page = html(browser.get("/connections/"))
        assert "Maya Torres asks to come to you" in page
        assert "Waits for you" in page
        assert "I do not sleep." in html(browser.get(f"/connections/{asked.id}/"))
        mail.outbox.clear()
        browser.post(f"/connections/{asked.id}/answer/", {"answer": "accept", "message": "Come on Tuesday."})
        assert selectors.assignment_is_active(make.SYSTEM, patient.id, therapist.id)
        assert [sent.to for sent in mail.outbox] == [[patient.email]]
        page = html(client(patient).get(f"/connections/{asked.id}/"))
        assert "Come on Tuesday." in page
        assert "Write" in page

    def test_a_therapist_declines(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        client(therapist).post(
            f"/connections/{asked.id}/answer/", {"answer": "decline", "message": "I am full."}
        )
        page = html(client(patient).get(f"/connections/{asked.id}/"))
        assert "I am full." in page
        assert "This says nothing about you" in page
        assert "this one again in 30 days" in page
        assert 'class="btn " href="/therapists/"' in page
        # Nobody writes in vain.
        page = html(client(patient).get(f"/connections/ask/{therapist.id}/"))
        assert "You can ask again from" in page
        assert 'name="message"' not in page
        answer = client(patient).post(f"/connections/ask/{therapist.id}/", {"message": "Please."})
        assert answer.status_code == 409
        assert "Please." in html(answer)

    def test_what_was_read_is_not_on_its_way_any_more(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        Proposal.objects.unscoped(reason="test").filter(id=asked.id).update(message_alarms=True)
        assert "What you wrote is on its way" in html(client(patient).get(f"/connections/{asked.id}/"))
        services.proposal_decline(make.actor(therapist), asked.id, "I am full.", at=clock.now())
        page = html(client(patient).get(f"/connections/{asked.id}/"))
        assert "on its way" not in page
        assert "These people are there now" in page

    def test_a_request_that_is_too_long_is_told_so_and_stays(self):
        patient, therapist = make.patient(), listed()
        browser = client(patient)
        assert "maxlength" not in html(browser.get(f"/connections/ask/{therapist.id}/"))
        page = html(browser.post(f"/connections/ask/{therapist.id}/", {"message": "y" * 2345}))
        assert "Please use at most 2000 characters. These are 2345." in page
        assert "y" * 2345 in page

    def test_who_was_offered_a_therapist_is_not_left_alone_with_a_no(self):
        patient, therapist = make.patient(), listed()
        offered = services.proposal_offer(
            make.actor(make.support()), patient.id, therapist.id, None, "", at=clock.now()
        )
        services.proposal_accept(make.actor(patient), offered.id, "", at=clock.now())
        services.proposal_decline(make.actor(therapist), offered.id, "I am full.", at=clock.now())
        page = html(client(patient).get(f"/connections/{offered.id}/"))
        assert "This says nothing about you" in page
        assert "in 30 days" not in page
        assert 'class="btn " href="/therapists/"' in page
        assert "This says nothing about you" not in html(client(therapist).get(f"/connections/{offered.id}/"))

    def test_who_has_said_no_is_not_consoled(self):
        patient = make.patient()
        offered = services.proposal_offer(
            make.actor(make.support()), patient.id, listed().id, None, "", at=clock.now()
        )
        services.proposal_decline(make.actor(patient), offered.id, "", at=clock.now())
        assert "This says nothing about you" not in html(client(patient).get(f"/connections/{offered.id}/"))

    def test_a_declined_request_stands_on_home_until_it_was_read(self):
        patient, therapist = make.patient(), make.therapist(name="Ines Duarte")
        make.listing(therapist)
        asked = make.request(patient, therapist, at=clock.now())
        services.proposal_decline(make.actor(therapist), asked.id, "I am full.", at=clock.now())
        browser = client(patient)
        home = browser.get("/dashboard/").content.decode()
        assert "<bdi>Ines Duarte</bdi> cannot take you into care now." in home
        # Somebody else who reads it takes nothing away.
        client(therapist).get(f"/connections/{asked.id}/")
        assert "cannot take you into care" in browser.get("/dashboard/").content.decode()
        browser.get(f"/connections/{asked.id}/")
        assert "cannot take you into care" not in browser.get("/dashboard/").content.decode()
        browser.get(f"/connections/{asked.id}/")
        assert len(make.recorded("accounts.proposal.seen")) == 1

    def test_home_says_that_care_has_ended_and_what_one_can_do(self):
        patient, therapist = make.patient(), make.therapist(name="Ines Duarte")
        care = make.assignment(patient, therapist)
        services.assignment_end(make.actor(therapist), care.id, "", at=clock.now())
        home = client(patient).get("/dashboard/").content.decode()
        assert "Your care has ended" in home
        assert "With Ines Duarte, on " in home
        assert f"/care/{care.id}/" in home
        assert "Nobody yet" not in home

    @pytest.mark.parametrize(
        "given", [{}, {"answer": "perhaps"}, {"answer": "accept", "message": "x" * 2001}]
    )
    def test_an_answer_that_is_none(self, given):
        therapist = listed()
        asked = ask(make.patient(), therapist)
        answer = client(therapist).post(f"/connections/{asked.id}/answer/", given)
        assert answer.status_code == 400
        assert given.get("message", "") in html(answer)
        assert not Assignment.objects.unscoped(reason="test").exists()

    def test_a_second_submit_says_that_it_is_over(self):
        therapist = listed()
        asked = ask(make.patient(), therapist)
        browser = client(therapist)
        browser.post(f"/connections/{asked.id}/answer/", {"answer": "accept"})
        again = browser.post(f"/connections/{asked.id}/answer/", {"answer": "accept"})
        assert again.status_code == 409
        assert Assignment.objects.unscoped(reason="test").count() == 1

    def test_withdrawing_twice_is_told_kindly(self):
        patient = make.patient()
        asked = ask(patient, listed())
        browser = client(patient)
        for _ in range(2):
            answer = browser.post(f"/connections/{asked.id}/withdraw/")
            assert answer.headers["Location"] == f"/connections/{asked.id}/"
        assert "not open any more" in html(browser.get(f"/connections/{asked.id}/"))

    def test_the_sweep_tells_who_waited(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        tasks.letters_send()
        mail.outbox.clear()
        tasks.proposals_lapse()
        tasks.letters_send()
        assert mail.outbox == []
        rows = Proposal.objects.unscoped(reason="as if the time had passed").filter(id=asked.id)
        rows.update(due_at=clock.now() - timedelta(minutes=1))
        tasks.proposals_lapse()
        tasks.letters_send()
        assert sorted(to for sent in mail.outbox for to in sent.to) == sorted(
            [patient.email, therapist.email]
        )
        assert selectors.proposal_get(make.actor(patient), asked.id).state is ProposalState.LAPSED
        assert "Lapsed" in html(client(patient).get("/connections/"))


class TestCare:
    def test_its_end_says_what_ends_and_what_stays(self):
        patient, therapist = make.patient(name="Maya Torres"), make.therapist()
        care = make.assignment(patient, therapist, reason="Panic attacks.")
        browser = client(therapist)
        assert f"/care/{care.id}/" in html(browser.get("/patients/"))
        page = html(browser.get(f"/care/{care.id}/"))
        assert "Panic attacks." in page
        for shown in (page, html(browser.get(f"/care/{care.id}/end/"))):
            assert "What ends" in shown
            assert "Writing to each other" in shown
            assert "What stays" in shown
        browser.post(f"/care/{care.id}/end/", {"reason": "Moved away."})
        page = html(client(patient).get(f"/care/{care.id}/"))
        assert "This care has ended" in page
        assert "Moved away." in page
        assert [sent.to for sent in mail.outbox] == [[patient.email]]
        again = browser.post(f"/care/{care.id}/end/", {"reason": "Once more."})
        assert again.status_code == 409

    def test_a_reason_that_is_too_long_stays(self):
        patient = make.patient()
        care = make.assignment(patient, make.therapist())
        answer = client(patient).post(f"/care/{care.id}/end/", {"reason": "y" * 501})
        assert answer.status_code == 400
        assert "y" * 501 in html(answer)

    def test_a_therapist_hands_on(self):
        patient, therapist = make.patient(name="Maya Torres"), make.therapist(name="Anna Lindqvist")
        other = listed(name="Samuel Reyes")
        care = make.assignment(patient, therapist)
        browser = client(therapist)
        page = html(browser.get(f"/care/{care.id}/transfer/?q=Samuel"))
        assert "Samuel Reyes" in page
        empty = browser.post(f"/care/{care.id}/transfer/", {"message": "Evening hours."})
        assert empty.status_code == 400
        assert "Choose a therapist." in html(empty)
        assert "Evening hours." in html(empty)
        browser.post(f"/care/{care.id}/transfer/", {"therapist": str(other.id), "message": "Evening hours."})
        (proposed,) = selectors.proposals_own(make.actor(patient))
        assert [sent.to for sent in mail.outbox] == [[patient.email]]
        page = html(client(patient).get(f"/connections/{proposed.id}/"))
        assert "Go on with Samuel Reyes instead of Anna Lindqvist" in page
        assert client(other).get(f"/connections/{proposed.id}/").status_code == 404
        client(patient).post(f"/connections/{proposed.id}/answer/", {"answer": "accept"})
        client(other).post(f"/connections/{proposed.id}/answer/", {"answer": "accept"})
        assert not selectors.assignment_is_active(make.SYSTEM, patient.id, therapist.id)
        assert selectors.assignment_is_active(make.SYSTEM, patient.id, other.id)


def test_looking_for_another_therapist_keeps_what_was_written():
    patient, therapist, other = make.patient(), listed(), listed()
    care = make.assignment(patient, therapist)
    address = f"/care/{care.id}/transfer/"
    sent = {"q": other.name, "message": "She has evening hours.", "find": "1"}
    page = html(client(therapist).post(address, sent))
    assert "She has evening hours." in page
    assert str(other.id) in page
    # The page knows the words, for who sends it without a choice, and does not say them yet.
    assert "Choose a therapist." not in page.replace('data-missing="Choose a therapist."', "")
    assert selectors.proposal_list(make.actor(therapist)).items == []


def test_the_page_of_a_transfer_leads_to_what_became_of_the_care():
    patient, therapist = make.patient(), make.therapist()
    care = make.assignment(patient, therapist)
    services.assignment_end(make.actor(therapist), care.id, "", at=clock.now())
    for user in (therapist, patient):
        answer = client(user).get(f"/care/{care.id}/transfer/", follow=True)
        assert "This care has ended" in html(answer)
    assert client(make.therapist()).get(f"/care/{care.id}/transfer/").status_code == 404


def test_who_is_in_their_care_already_is_told_where_and_can_write():
    therapist, patient = make.therapist(name="Tom Brandt"), make.patient()
    first = make.practice_of(therapist)
    make.practice(make.therapist(), therapist, is_listed=True)
    care = make.assignment(patient, therapist, practice_id=first)
    page = make.browser(patient).get(f"/connections/ask/{therapist.id}/").content.decode()
    assert "You are in their care already" in page
    assert "has cared for you at Tom Brandt’s practice" in page
    assert f"/care/{care.id}/" in page
    assert 'name="message"' not in page


def test_a_second_ask_leads_to_the_request_that_waits():
    patient, therapist = make.patient(), listed()
    asked = ask(patient, therapist)
    page = html(client(patient).get(f"/connections/ask/{therapist.id}/"))
    assert "You have asked already" in page
    assert f"/connections/{asked.id}/" in page
    assert 'name="message"' not in page


class TestArranging:
    def test_staff_find_care_by_name_and_read_no_reasons(self):
        patient, therapist = make.patient(name="Maya Torres"), make.therapist(name="Anna Lindqvist")
        care = make.assignment(patient, therapist, reason="Panic attacks.")
        make.assignment(make.patient(name="Daniel Okafor"), make.therapist())
        browser = client(make.support())
        page = html(browser.get("/care/?q=lindqvist"))
        assert "Maya Torres" in page
        assert "Daniel Okafor" not in page
        assert "Panic" not in html(browser.get(f"/care/{care.id}/"))
        assert "Nobody of that name" in html(browser.get("/care/?q=nobody"))
        asked = ask(make.patient(name="Noor Haddad"), listed())
        assert "Noor Haddad" in html(browser.get("/care/?show=waiting"))
        assert "I do not sleep." not in html(browser.get(f"/connections/{asked.id}/"))
        assert browser.get("/care/?q=%00").status_code == 400

    @pytest.mark.parametrize("how", ["propose", "start"])
    def test_staff_bring_two_people_together(self, how):
        patient, therapist = make.patient(name="Maya Torres"), make.therapist(name="Anna Lindqvist")
        browser = client(make.support())
        page = html(browser.get("/care/new/?patient_q=maya&therapist_q=anna"))
        assert str(patient.id) in page
        assert str(therapist.id) in page
        given = {
            "patient": str(patient.id),
            "therapist": str(therapist.id),
            "how": how,
            "message": "You asked.",
        }
        answer = browser.post("/care/new/", given)
        assert answer.status_code == 302
        assert selectors.assignment_is_active(make.SYSTEM, patient.id, therapist.id) == (how == "start")
        again = browser.post(
            "/care/new/", {**given, "patient_q": "maya", "therapist_q": "anna", "message": "Still here."}
        )
        assert again.status_code == 409
        assert "Still here." in html(again)

    def test_people_of_one_name_are_told_apart_by_staff_alone(self):
        one, other = make.patient(name="Maya Torres"), make.patient(name="Maya Torres")
        owner = make.therapist(name="Anna Lindqvist")
        for each in (one, other):
            make.assignment(each, owner)
        page = html(client(make.support()).get("/care/new/?patient_q=maya&therapist_q=anna"))
        assert one.email in page
        assert other.email in page
        page = html(client(owner).get("/care/new/?patient_q=maya&therapist_q=anna"))
        assert str(one.id) in page
        assert one.email not in page

    def test_nothing_chosen(self):
        answer = client(make.admin()).post("/care/new/", {"patient_q": "x", "therapist_q": "y"})
        assert answer.status_code == 400

    def test_an_owner_sees_their_practice_and_no_other(self):
        owner, clinician = make.person(None), make.therapist()
        services.role_grant(make.SYSTEM, owner.id, "therapist", at=make.AT)
        practice_id, elsewhere = make.practice_of(owner), make.practice_of(clinician)
        services.membership_start(make.SYSTEM, practice_id, clinician.id, "clinician", at=make.AT)
        make.assignment(make.patient(name="Maya Torres"), clinician, practice_id=practice_id)
        make.assignment(make.patient(name="Daniel Okafor"), clinician, practice_id=elsewhere)
        page = html(client(owner).get("/care/"))
        assert "Maya Torres" in page
        assert "Daniel Okafor" not in page
        assert client(make.patient()).get("/care/").status_code == 403
