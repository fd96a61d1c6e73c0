"""Who comes in person is told where: on each page, in the mail and in the calendar."""

import re
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from scheduling import selectors, services
from scheduling.models import Appointment, WeeklyBlock
from scheduling.tests import factories
from scheduling.tests.test_telling import deliver, invitation
from scheduling.types import Mode

pytestmark = pytest.mark.django_db
STREET = "221 East Buffalo Street"


@pytest.fixture
def desk():
    return factories.desk()


def held(desk, starts_at):
    return services.hold_place(
        desk.as_patient,
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=starts_at,
        mode=Mode.IN_PERSON,
        at=clock.now(),
    )


def place(desk, **facts):
    return people.location(desk.therapist, **{"name": "Trauma Center", "line1": STREET, **facts})


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_hours_that_name_no_place_are_where_the_practice_is(desk):
    """The hours say "in person" and no more, and the practice has one place: everywhere it is said."""
    there = place(desk)
    starts_at = factories.weekday_ahead()
    hold = held(desk, starts_at)
    browser = people.browser(desk.patient)
    assert STREET in text(browser.get(f"/holds/{hold.id}/"))
    made = services.appointment_book(desk.as_patient, hold.id, at=clock.now()).appointment
    assert made.location.id == there.id
    assert STREET in text(browser.get(f"/appointments/{made.id}/"))
    sent = deliver()[desk.patient.email]
    assert str(invitation(sent)[1]["LOCATION"]).startswith(STREET)
    for said in (sent.body, sent.alternatives[0][0]):
        assert f"Where: {STREET}" in said
        # Of what else it says: whose mail this is.
        assert "because you have an account at Bloom." in said
        assert "Trauma" not in said
    # It stands, whatever the practice opens later; and what is claimed for it names the place as well.
    place(desk, name="Other", line1="1 Other Street")
    row = Appointment.objects.unscoped(reason="test").get(pk=made.id)
    assert (row.location_id, row.place_of_service) == (there.id, there.place_of_service)
    assert selectors.appointment_get(desk.as_patient, made.id, at=clock.now()).location.id == there.id


def test_what_was_booked_before_there_was_a_place_is_there_too(desk):
    made = factories.appointment(desk, factories.weekday_ahead(), mode="in_person")
    place(desk)
    assert STREET in text(people.browser(desk.patient).get(f"/appointments/{made.id}/"))
    assert STREET in selectors.entries_of(people.SYSTEM, [made])[0].place


def test_the_therapist_and_the_desk_who_book_are_as_exact(desk):
    there = place(desk)
    starts_at = factories.weekday_ahead()
    made = services.appointment_book_for(
        desk.as_therapist,
        desk.patient.id,
        desk.service.id,
        starts_at=starts_at,
        mode=Mode.TELEHEALTH,
        key=desk.service.id,
        at=clock.now(),
    ).appointment
    moved = services.appointment_move(
        desk.as_therapist, made.id, starts_at=starts_at, mode=Mode.IN_PERSON, at=clock.now()
    )
    assert moved.location.id == there.id
    assert Appointment.objects.unscoped(reason="test").get(pk=made.id).location_id == there.id


def test_where_nobody_can_know_the_therapist_is_told(desk):
    place(desk)
    place(desk, name="Other", line1="1 Other Street")
    made = factories.appointment(desk, factories.weekday_ahead(), mode="in_person")
    theirs = text(people.browser(desk.therapist).get(f"/appointments/{made.id}/"))
    assert "Your patient reads no address here" in theirs
    assert "/schedule/availability/" in theirs
    seen = text(people.browser(desk.patient).get(f"/appointments/{made.id}/"))
    assert "Please ask your therapist for it before you come." in seen
    assert "Your patient reads no address here" not in seen


def test_hours_at_a_place_are_as_before(desk):
    there = place(desk)
    place(desk, name="Other", line1="1 Other Street")
    WeeklyBlock.objects.unscoped(reason="test").update(location_id=there.id)
    made = services.appointment_book(
        desk.as_patient, held(desk, factories.weekday_ahead()).id, at=clock.now()
    ).appointment
    assert made.location.id == there.id


def test_a_move_says_where_it_was_and_where_it_will_be_before_anybody_says_yes(desk):
    """The hours of the other day are at another place, and the appointment goes with them."""
    here, there = place(desk), place(desk, name="Other", line1="1 Other Street")
    starts_at = factories.weekday_ahead().replace(hour=17)
    other = starts_at + timedelta(days=3 if starts_at.weekday() == 4 else 1)
    blocks = WeeklyBlock.objects.unscoped(reason="test")
    blocks.update(location_id=here.id)
    blocks.filter(weekday=other.weekday()).update(location_id=there.id)
    made = factories.appointment(desk, starts_at, mode="in_person", location_id=here.id)
    front = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, front.id, MembershipRole.FRONT_DESK, at=clock.now()
    )
    address = f"/appointments/{made.id}/move/"
    for who in (desk.patient, desk.therapist, front):
        browser = people.browser(who)
        asked = text(browser.post(address, {"starts_at": clock.to_wire(other)}))
        assert asked.index(STREET) < asked.index("1 Other Street")
        assert "It is at another place then" in asked
        stays = text(browser.post(address, {"starts_at": clock.to_wire(starts_at + timedelta(hours=2))}))
        assert STREET in stays
        assert "another place" not in stays
    # Nobody has said yes so far; who does, goes where it was said.
    kept = Appointment.objects.unscoped(reason="test").filter(pk=made.id)
    assert (kept.get().starts_at, kept.get().location_id) == (starts_at, here.id)
    answer = people.browser(desk.therapist).post(
        address, {"starts_at": clock.to_wire(other), "agreed": "yes"}
    )
    assert answer.status_code == 302
    assert (kept.get().starts_at, kept.get().location_id) == (other, there.id)


def test_what_a_therapist_moves_is_asked_first_with_what_it_says_to_the_patient(desk):
    made = factories.appointment(desk, factories.weekday_ahead())
    address, wanted = f"/appointments/{made.id}/move/", made.starts_at + timedelta(hours=1)
    asked = people.browser(desk.therapist).post(address, {"starts_at": clock.to_wire(wanted)})
    assert asked.status_code == 200
    for said in ("Since you chose it, calling it off costs them nothing.", desk.patient.name, "By video"):
        assert said in text(asked)
    assert "If you cancel" not in text(asked)
    assert Appointment.objects.unscoped(reason="test").get(pk=made.id).starts_at == made.starts_at
