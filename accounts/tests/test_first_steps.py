"""The way to the first therapist and the first patient: ticked by facts, put away by its person."""

import itertools
import re

import pytest
from django.urls import reverse

from accounts import cards, rules, selectors, services
from accounts.models import User
from accounts.tests import factories as make
from accounts.types import ListingState, RoleName, StepFacts, StepKey
from bloom.kernel.errors import NotAllowed

pytestmark = pytest.mark.django_db

NOTHING = {
    "email_is_verified": False,
    "zone_is_set": False,
    "has_factor": False,
    "has_care": False,
    "asked": False,
    "asks_you": False,
}


def done(user):
    found = selectors.first_steps_get(make.actor(user))
    return [step.key.value for step in found.steps if step.is_done]


def left(user):
    card = cards.first_steps(make.actor(user), make.AT)
    return [step["said"].key for step in card.context["steps"] if not step["said"].is_done]


def shown(html):
    return re.findall(r'data-step="(\w+)" data-state="(\w+)"', html)


def ask(patient, therapist):
    return services.proposal_request(make.actor(patient), therapist.id, "Hello", at=make.AT)


class TestRules:
    @pytest.mark.parametrize("role", [RoleName.PATIENT, RoleName.THERAPIST])
    def test_a_fact_that_comes_true_never_unticks_a_step(self, role):
        names = list(NOTHING)
        for values in itertools.product([False, True], repeat=len(names)):
            facts = dict(zip(names, values, strict=True))
            before = {step.key for step in rules.first_steps(role, StepFacts(**facts)) if step.is_done}
            for name in names:
                more = StepFacts(**{**facts, name: True})
                assert before <= {step.key for step in rules.first_steps(role, more) if step.is_done}

    def test_with_everything_all_is_done(self):
        facts = StepFacts(**dict.fromkeys(NOTHING, True), listing=ListingState.VERIFIED)
        for role in (RoleName.PATIENT, RoleName.THERAPIST):
            assert all(step.is_done for step in rules.first_steps(role, facts))

    def test_staff_have_no_steps(self):
        assert rules.first_steps(RoleName.ADMIN, StepFacts(**NOTHING)) == ()

    @pytest.mark.parametrize(
        ("state", "ticked"),
        [
            (None, set()),
            (ListingState.DRAFT, set()),
            (ListingState.REFUSED, set()),
            (ListingState.AWAITING, {StepKey.LISTING}),
            (ListingState.VERIFIED, {StepKey.LISTING, StepKey.CHECK}),
        ],
    )
    def test_a_listing_is_sent_and_then_checked(self, state, ticked):
        steps = rules.first_steps(RoleName.THERAPIST, StepFacts(**NOTHING, listing=state))
        assert {step.key for step in steps if step.is_done} == ticked


class TestPatient:
    def test_each_step_ticks_itself(self):
        patient, therapist = make.patient(), make.therapist()
        make.listing(therapist)
        assert done(patient) == ["email"]
        User.objects.filter(id=patient.id).update(time_zone="America/Chicago")
        assert done(patient) == ["email", "profile"]
        make.app(patient)
        assert done(patient) == ["email", "profile", "passkey"]
        ask(patient, therapist)
        assert done(patient) == ["email", "profile", "passkey", "ask"]
        make.assignment(patient, therapist)
        assert done(patient) == ["email", "profile", "passkey", "ask", "answer"]
        # What is left is another room's.
        assert left(patient) == ["booking"]

    def test_a_request_that_came_to_nothing_opens_the_step_again(self):
        patient, therapist = make.patient(), make.therapist()
        make.listing(therapist)
        asked = ask(patient, therapist)
        assert "ask" in done(patient)
        services.proposal_decline(make.actor(therapist), asked.id, "", at=make.AT)
        assert "ask" not in done(patient)

    def test_the_next_step_stands_out_and_leads_on(self):
        patient = make.patient()
        User.objects.filter(id=patient.id).update(time_zone="America/Chicago")
        html = make.browser(patient).get("/dashboard/").content.decode()
        assert shown(html) == [
            ("email", "done"),
            ("profile", "done"),
            ("passkey", "next"),
            ("ask", "open"),
            ("answer", "waits"),
            ("booking", "waits"),
        ]
        assert reverse("security_passkey") in html
        assert "2 of 6 done" in html


class TestTherapist:
    def test_each_step_ticks_itself(self):
        therapist = make.therapist()
        User.objects.filter(id=therapist.id).update(time_zone="America/Chicago")
        assert done(therapist) == ["email", "profile"]
        make.app(therapist)
        assert done(therapist) == ["email", "factor", "profile"]
        sent = make.listing_sent(therapist)
        assert done(therapist) == ["email", "factor", "listing", "profile"]
        services.listing_accept(make.actor(make.admin()), sent.id, seen=sent.submitted_at, at=make.AT)
        assert done(therapist) == ["email", "factor", "listing", "check", "profile"]
        make.location(therapist)
        make.billing_identity(therapist)
        assert done(therapist) == ["email", "factor", "listing", "check", "practice", "profile"]
        make.assignment(make.patient(), therapist)
        assert left(therapist) == ["hours"]

    def test_what_is_awaited_is_said(self):
        therapist = make.therapist()
        make.listing_sent(therapist)
        html = make.browser(therapist).get("/dashboard/").content.decode()
        assert ("check", "waits") in shown(html)
        assert "comparing it with the national registry" in html

    def test_what_was_refused_leads_to_the_reason_also_when_the_steps_are_put_away(self):
        therapist = make.therapist()
        sent = make.listing_sent(therapist)
        services.listing_refuse(
            make.actor(make.admin()), sent.id, "The number is another.", seen=sent.submitted_at, at=make.AT
        )
        html = make.browser(therapist).get("/dashboard/").content.decode()
        assert ("listing", "next") in shown(html)
        assert "wrote what is missing" in html
        services.first_steps_put_away(make.actor(therapist), at=make.AT)
        assert cards.first_steps(make.actor(therapist), make.AT).key == "listing"

    def test_nobody_elses_patients_tick_a_step(self):
        owner, therapist = make.therapist(), make.therapist()
        practice = make.practice(owner, therapist)
        make.assignment(make.patient(), therapist, practice_id=practice)
        found = selectors.first_steps_get(make.actor(owner, practice_id=practice))
        assert not found.facts.has_care


class TestPutAway:
    def test_it_stays_away_and_is_on_record_once(self):
        patient = make.patient()
        client = make.browser(patient)
        assert shown(client.get("/dashboard/").content.decode())
        for _each in range(2):
            assert client.post(reverse("first_steps_put_away"))["Location"] == "/dashboard/"
        assert not shown(client.get("/dashboard/").content.decode())
        assert [each.object_id for each in make.recorded("accounts.first_steps.put_away")] == [patient.id]

    def test_only_ones_own(self):
        patient, other = make.patient(), make.patient()
        make.browser(patient).post(reverse("first_steps_put_away"), {"user": other.id})
        assert shown(make.browser(other).get("/dashboard/").content.decode())

    def test_not_by_following_a_link(self):
        assert make.browser(make.patient()).get(reverse("first_steps_put_away")).status_code == 405


class TestStaff:
    def test_what_waits_is_counted_and_leads_to_it(self):
        admin = make.admin()
        make.app(admin)
        patient, therapist, other = make.patient(), make.therapist(), make.therapist()
        make.app(other)
        make.listing(therapist)
        make.listing_sent(other)
        ask(patient, therapist)
        found = selectors.staff_waiting_get(make.actor(admin))
        client = make.browser(admin)
        html = client.get("/dashboard/").content.decode()
        # The therapist, and the admin who checked their listing.
        assert (found.listings, found.requests, found.without_factor) == (1, 1, 2)
        section = html.split('data-card="staff_waiting"')[1].split("data-card=")[0]
        links = re.findall(r'class="row" href="([^"]+)"', section)
        rows = []
        for link in links:
            page = client.get(link.replace("&amp;", "&"))
            assert page.status_code == 200
            rows.append(page.context["cl"].result_count)
        assert rows == [1, 1, 2]

    def test_when_nothing_waits_it_says_so(self):
        support = make.support()
        make.app(support)
        assert "Nothing waits" in make.browser(support).get("/dashboard/").content.decode()

    def test_nothing_is_asked_of_the_people_of_a_demo(self, settings):
        admin = make.admin(email="admin@bloom.demo")
        settings.DEMO = False
        assert selectors.staff_waiting_get(make.actor(admin)).without_factor == 1
        settings.DEMO = True
        assert selectors.staff_waiting_get(make.actor(admin)).without_factor == 0

    def test_nobody_else_may_count(self):
        for user in (make.patient(), make.therapist()):
            assert cards.staff_waiting(make.actor(user), make.AT) is None
            with pytest.raises(NotAllowed):
                selectors.staff_waiting_get(make.actor(user))
