"""What scheduling adds to the list of first steps: the first booking, and the hours that it needs."""

import re

import pytest
from django.urls import reverse

from accounts import cards as accounts_cards
from accounts import services as accounts_services
from accounts.models import User
from accounts.tests import factories as people
from accounts.types import MembershipRole
from scheduling import cards
from scheduling.models import Service, WeeklyBlock
from scheduling.tests import factories as make
from scheduling.types import AppointmentState

pytestmark = pytest.mark.django_db


def booking(user):
    return cards.first_booking(people.actor(user), make.AT)


def hours(user):
    return cards.own_hours(people.actor(user), make.AT)


def page(user):
    html = people.browser(user).get("/dashboard/").content.decode()
    return html, re.findall(r'data-step="(\w+)" data-state="(\w+)"', html)


class TestFirstBooking:
    def test_it_waits_for_a_therapist_who_says_yes_and_then_for_their_times(self):
        patient = people.patient()
        assert booking(patient).waits
        assert "said yes" in str(booking(patient).text)
        therapist = people.therapist()
        people.assignment(patient, therapist)
        assert booking(patient).waits
        assert "not opened times" in str(booking(patient).text)
        make.desk(therapist, people.patient())
        assert not booking(patient).waits
        assert booking(patient).path == reverse("book", args=[therapist.id])

    def test_of_several_therapists_one_chooses(self):
        desk = make.desk()
        make.desk(patient=desk.patient)
        assert booking(desk.patient).path == reverse("appointments")

    def test_it_is_ticked_by_what_stood_and_not_by_what_was_called_off(self):
        desk = make.desk()
        make.appointment(
            desk,
            state=AppointmentState.CANCELLED.value,
            cancelled_at=make.AT,
            cancelled_by=desk.patient,
            is_claimed=False,
        )
        assert not booking(desk.patient).is_done
        make.appointment(desk)
        assert booking(desk.patient).is_done

    def test_it_is_the_next_step_once_all_before_it_is_done_and_then_the_list_is_gone(self):
        desk = make.desk()
        people.app(desk.patient)
        User.objects.filter(id=desk.patient.id).update(time_zone="America/Chicago")
        html, shown = page(desk.patient)
        assert shown[-1] == ("booking", "next")
        card = html[html.index('data-card="first_steps"') :]
        assert f'href="{reverse("book", args=[desk.therapist.id])}"' in card[: card.index("</ol>")]
        make.appointment(desk)
        assert page(desk.patient)[1] == []

    def test_nobody_elses_booking_ticks_it(self):
        desk = make.desk()
        make.appointment(desk, patient=people.patient())
        assert not booking(desk.patient).is_done

    def test_it_is_not_asked_of_who_put_the_steps_away(self, django_assert_num_queries):
        desk = make.desk()
        actor = people.actor(desk.patient)
        accounts_services.first_steps_put_away(actor, at=make.AT)
        with django_assert_num_queries(1):
            assert accounts_cards.first_steps(actor, make.AT) is None


class TestOwnHours:
    def test_hours_and_an_offer_tick_it_together(self):
        therapist = people.therapist()
        assert not hours(therapist).is_done
        calendar = make.calendar(therapist)
        make.block(calendar, 0)
        assert not hours(therapist).is_done
        service = make.service(calendar)
        assert hours(therapist).is_done
        Service.objects.unscoped(reason="what a test made").filter(id=service.id).update(retired_at=make.AT)
        assert not hours(therapist).is_done
        make.service(calendar)
        WeeklyBlock.objects.unscoped(reason="what a test made").delete()
        assert not hours(therapist).is_done

    def test_it_stands_before_the_first_patient_and_leads_to_the_hours(self):
        html, shown = page(people.therapist())
        assert [key for key, _state in shown][-2:] == ["hours", "patient"]
        assert f'href="{reverse("schedule")}"' in html

    def test_who_gives_no_care_here_is_not_asked(self):
        owner, biller = people.therapist(), people.therapist()
        practice = people.practice(owner)
        accounts_services.membership_start(
            people.SYSTEM, practice, biller.id, MembershipRole.BILLER, at=people.AT
        )
        assert cards.own_hours(people.actor(biller, practice_id=practice), make.AT) is None

    @pytest.mark.parametrize(
        ("role", "leads"),
        [
            (MembershipRole.CLINICIAN, True),
            (MembershipRole.FRONT_DESK, False),
            (MembershipRole.BILLER, False),
        ],
    )
    def test_no_page_leads_there_who_gives_no_care_here(self, role, leads):
        owner, person = people.therapist(), people.therapist()
        practice, own = people.practice(owner), people.practice_of(person)
        accounts_services.membership_start(people.SYSTEM, practice, person.id, role, at=people.AT)
        browser = people.browser(person, practice_id=practice)
        for address in ("/dashboard/", "/calendar/"):
            html = browser.get(address).content.decode()
            assert (f'href="{reverse("schedule")}"' in html) is leads
            assert leads or reverse("availability") not in html
        # Where they do care for patients, they find it again.
        assert (
            reverse("schedule") in people.browser(person, practice_id=own).get("/dashboard/").content.decode()
        )

    def test_each_step_is_for_its_own_role(self):
        assert booking(people.therapist()) is None
        assert hours(people.patient()) is None
        assert booking(people.admin()) is None
        assert hours(people.admin()) is None
