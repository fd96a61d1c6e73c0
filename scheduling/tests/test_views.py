"""The pages on which somebody books, and what becomes of it, without a script."""

import re
from datetime import timedelta

import pytest

from accounts.models import Listing
from accounts.tests import factories as people
from bloom.kernel import clock, redis_client
from bloom.kernel.money import Money
from scheduling import services
from scheduling.models import Appointment, Calendar, Service
from scheduling.tests import factories, video
from scheduling.tests.forgetting import holds_flush
from scheduling.types import Block, Modes, Rules, ServiceFacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def therapist():
    return people.therapist(name="Dr. Ana Ruiz")


@pytest.fixture
def patient():
    patient = people.patient()
    patient.time_zone = "America/New_York"
    patient.save()
    return patient


@pytest.fixture
def offered(therapist):
    """A listed therapist who is there at all hours, with one service."""
    people.listing(therapist)
    actor = people.actor(therapist)
    services.availability_set(
        actor,
        time_zone="America/Chicago",
        blocks=[Block(weekday, 0, 1440) for weekday in range(7)],
        rules=Rules(slot_minutes=60, notice_minutes=0, late_fee_minor=75_00),
        version=0,
        at=clock.now(),
    )
    facts = ServiceFacts(name="50-minute session", duration_minutes=50, price=Money(150_00, "USD"))
    added = services.service_add(actor, facts, at=clock.now())
    services.openings_tell(people.SYSTEM, at=clock.now())
    return added


def text(answer) -> str:
    return answer.content.decode()


def times(page: str) -> list[str]:
    return re.findall(r'name="starts_at" value="([^"]+)"', page)


def pick(browser, therapist, offered, number=30) -> str:
    """Hold one of the times that the page shows; where the confirmation is."""
    page = text(browser.get(f"/book/{therapist.id}/"))
    answer = browser.post(
        f"/book/{therapist.id}/hold/",
        {"service": str(offered.id), "mode": "telehealth", "starts_at": times(page)[number]},
    )
    assert answer.status_code == 302, text(answer)[:300]
    return answer["Location"]


def test_from_the_therapists_page_to_an_appointment(therapist, patient, offered):
    browser = people.browser(patient)
    assert f"/book/{therapist.id}/" in text(browser.get(f"/therapists/{therapist.id}/"))
    page = text(browser.get(f"/book/{therapist.id}/"))
    # The zone is said, and that in which the reader lives.
    assert "America/New_York" in page
    assert "$150" in page
    assert len(times(page)) > 100
    place = pick(browser, therapist, offered)
    confirm = text(browser.get(place))
    assert confirm.index("$150") < confirm.index("Book this time")
    assert "data-countdown" in confirm
    assert "$75 is due" in confirm
    booked = browser.post(place, {"reason": "I cannot sleep."})
    assert booked.status_code == 302
    seen = text(browser.get(booked["Location"]))
    assert "Confirmed" in seen
    assert "I cannot sleep." in seen
    assert "Dr. Ana Ruiz" in seen
    assert "Dr. Ana Ruiz" in text(browser.get("/appointments/"))
    # The old address of the hold leads there, and a second press books nothing more.
    assert browser.get(place)["Location"] == booked["Location"]
    assert browser.post(place, {"reason": ""})["Location"] == booked["Location"]
    assert Appointment.objects.unscoped(reason="test").count() == 1


def test_words_that_come_too_late_for_a_booking_are_said_to_be_unread_and_kept(therapist, patient, offered):
    """Two pages of one hold, each with words of its own."""
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    booked = browser.post(place, {"reason": "I cannot sleep."})["Location"]
    late = browser.post(place, {"reason": "My back hurts <b>too</b>."})
    seen = text(late)
    assert late.status_code == 409
    assert "This time is booked already" in seen
    assert "My back hurts &lt;b&gt;too&lt;/b&gt;." in seen
    assert f'href="{booked}"' in seen
    assert 'href="/messages/"' in seen
    assert "data-crisis-help" not in seen
    assert "I cannot sleep." in text(browser.get(booked))
    # What says nothing new leads there as ever.
    for same in ("I cannot sleep.", " I cannot sleep. ", ""):
        assert browser.post(place, {"reason": same})["Location"] == booked
    assert Appointment.objects.unscoped(reason="test").count() == 1


def test_words_that_nobody_reads_and_may_mean_danger_are_answered_with_help_lines(
    therapist, patient, offered
):
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    browser.post(place, {"reason": "I cannot sleep."})
    assert "data-crisis-help" in text(browser.post(place, {"reason": "I want to kill myself."}))


def test_times_stand_on_the_day_that_they_have_where_the_reader_lives(therapist, patient, offered):
    """Eleven in the evening in Chicago is the next day in New York."""
    Calendar.objects.unscoped(reason="test").update(slot_minutes=60)
    browser = people.browser(patient)
    first = (clock.now() + timedelta(days=10)).date()
    page = text(browser.get(f"/book/{therapist.id}/?day={first}"))
    begins = page.index(f'id="day-{first}"')
    day = page[begins : page.index('id="day-', begins + 10)]
    offsets = {moment[-6:] for moment in times(day)}
    assert {moment[:10] for moment in times(day)} == {str(first)}
    assert offsets <= {"-05:00", "-04:00"}


def test_who_comes_too_late_sees_what_is_free_instead(therapist, patient, offered):
    browser, other = people.browser(patient), people.browser(people.patient())
    wanted = times(text(browser.get(f"/book/{therapist.id}/")))[30]
    ask = {"service": str(offered.id), "mode": "telehealth", "starts_at": wanted}
    assert browser.post(f"/book/{therapist.id}/hold/", ask).status_code == 302
    late = other.post(f"/book/{therapist.id}/hold/", ask)
    assert late.status_code == 409
    assert "just taken this time" in text(late)
    assert times(text(late))


def test_a_hold_that_is_gone_says_so_and_keeps_what_was_typed(therapist, patient, offered):
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    holds_flush()
    answer = browser.post(place, {"reason": "I cannot sleep."})
    assert answer.status_code == 409
    assert "no longer held" in text(answer)
    assert "I cannot sleep." in text(answer)
    assert f"/book/{therapist.id}/" in text(answer)
    assert not Appointment.objects.unscoped(reason="test").exists()
    assert browser.get(place).status_code == 409
    assert browser.get(f"{place.partition('?')[0]}?with=forged").status_code == 409


def lapsed(browser, place, reason=""):
    """What the page sends whose hold has run out."""
    page = text(browser.get(place))
    fields = dict(re.findall(r'type="hidden" name="(service|starts_at|mode|shown)" value="([^"]*)"', page))
    holds_flush()
    return fields | {"reason": reason}


def test_what_is_held_no_more_and_still_free_is_held_anew_and_booked_once(therapist, patient, offered):
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    sent = lapsed(browser, place, "I cannot sleep.")
    booked = browser.post(place, sent)
    assert booked.status_code == 302
    row = Appointment.objects.unscoped(reason="test").get()
    assert booked["Location"] == f"/appointments/{row.id}/"
    assert row.starts_at == clock.from_wire(sent["starts_at"])
    # However often it is pressed; and the address of the hold leads there.
    assert browser.post(place, sent)["Location"] == browser.get(place)["Location"] == booked["Location"]
    assert Appointment.objects.unscoped(reason="test").count() == 1


def test_another_tab_that_holds_another_time_takes_nothing_from_this_one(therapist, patient, offered):
    browser = people.browser(patient)
    first = pick(browser, therapist, offered, 30)
    sent = lapsed(browser, first)
    pick(browser, therapist, offered, 40)
    assert browser.post(first, sent).status_code == 302
    assert Appointment.objects.unscoped(reason="test").get().starts_at == clock.from_wire(sent["starts_at"])


def test_what_is_held_no_more_is_said_to_be_gone_only_where_it_is(therapist, patient, offered):
    browser, other = people.browser(patient), people.browser(people.patient())
    place = pick(browser, therapist, offered)
    sent = lapsed(browser, place, "I cannot sleep.")
    assert "This time is gone" not in text(browser.get(place))
    assert other.post(pick(other, therapist, offered), {"reason": ""}).status_code == 302
    answer = browser.post(place, sent)
    assert answer.status_code == 409
    assert "This time is gone" in text(answer)
    assert "I cannot sleep." in text(answer)
    assert Appointment.objects.unscoped(reason="test").count() == 1


def test_a_time_that_is_held_anew_on_other_terms_is_shown_first(therapist, patient, offered):
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    sent = lapsed(browser, place, "I cannot sleep.")
    facts = ServiceFacts(name="50-minute session", duration_minutes=50, price=Money(310_00, "USD"))
    services.service_change(people.actor(therapist), offered.id, facts, version=1, at=clock.now())
    answer = browser.post(place, sent)
    assert answer.status_code == 409
    assert "has changed since you chose it" in text(answer)
    assert "$310" in text(answer)
    assert not Appointment.objects.unscoped(reason="test").exists()


def test_terms_that_changed_are_shown_before_anybody_says_yes_to_them(therapist, patient, offered):
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    facts = ServiceFacts(name="50-minute session", duration_minutes=50, price=Money(310_00, "USD"))
    services.service_change(people.actor(therapist), offered.id, facts, version=1, at=clock.now())
    answer = browser.post(place, {"reason": "I cannot sleep."})
    page = text(answer)
    assert answer.status_code == 409
    assert "has changed since you chose it" in page
    assert page.index("$310") < page.index("Book this time")
    assert "I cannot sleep." in page
    assert not Appointment.objects.unscoped(reason="test").exists()
    (anew,) = set(re.findall(r'action="(/holds/[0-9a-f-]+/)', page))
    assert anew != place.partition("?")[0]
    assert browser.post(anew, {"reason": "I cannot sleep."}).status_code == 302
    assert Appointment.objects.unscoped(reason="test").get().price_minor == 310_00


def test_what_cannot_be_booked_now_stays_held_and_says_why(therapist, patient, offered):
    browser = people.browser(patient)
    first, second = pick(browser, therapist, offered), None
    assert browser.post(first, {"reason": ""}).status_code == 302
    other = people.therapist()
    people.listing(other)
    there = people.actor(other)
    week = [Block(weekday, 0, 1440) for weekday in range(7)]
    services.availability_set(
        there,
        time_zone="America/Chicago",
        blocks=week,
        rules=Rules(slot_minutes=60, notice_minutes=0),
        version=0,
        at=clock.now(),
    )
    facts = ServiceFacts(name="50-minute session", duration_minutes=50, price=Money(150_00, "USD"))
    second = pick(browser, other, services.service_add(there, facts, at=clock.now()))
    answer = browser.post(second, {"reason": "I cannot sleep."})
    assert answer.status_code == 409
    assert "already have another appointment" in text(answer)
    assert "I cannot sleep." in text(answer)
    assert "Book this time" in text(answer)


def test_who_takes_no_new_patients_says_so_to_a_stranger(therapist, patient, offered):
    Listing.objects.unscoped(reason="test").update(accepts_new=False)
    page = text(people.browser(patient).get(f"/book/{therapist.id}/"))
    assert "takes no new patients at the moment" in page
    assert times(page) == []


def test_a_time_that_the_therapist_chose_is_said_to_be_free(therapist, patient, offered):
    browser = people.browser(patient)
    booked = browser.post(pick(browser, therapist, offered), {"reason": ""})["Location"]
    assert "$75 is due" in text(browser.get(booked))
    row = Appointment.objects.unscoped(reason="test").get()
    services.appointment_move(
        people.actor(therapist), row.id, starts_at=row.starts_at + timedelta(hours=2), at=clock.now()
    )
    page = text(browser.get(booked))
    assert "Free until it begins" in page
    assert "$75 is due" not in page


def test_a_time_can_be_let_go(therapist, patient, offered):
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    release = f"{place.partition('?')[0]}release/"
    answer = browser.post(release)
    assert answer["Location"].startswith(f"/book/{therapist.id}/")
    assert browser.get(place).status_code == 409
    assert browser.post(release).status_code == 302


def test_what_is_typed_stays_where_it_cannot_be_kept(therapist, patient, offered):
    browser = people.browser(patient)
    place = pick(browser, therapist, offered)
    answer = browser.post(place, {"reason": "x" * 1200})
    assert answer.status_code == 200
    assert "x" * 1200 in text(answer)
    assert "1000 characters" in text(answer)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"service": "1", "starts_at": "2026-12-01T10:00:00Z"},
        {"service": "", "starts_at": "tomorrow"},
        {"starts_at": "2026-12-01T10:00:00", "mode": "dream"},
    ],
)
def test_a_form_that_names_no_time_leads_back(therapist, patient, offered, said):
    browser = people.browser(patient)
    said = {"service": str(offered.id), **said}
    answer = browser.post(f"/book/{therapist.id}/hold/", said)
    assert answer["Location"] == f"/book/{therapist.id}/"


def test_a_crafted_time_is_refused_in_words(therapist, patient, offered):
    start = (clock.now() + timedelta(days=400)).replace(minute=0, second=0, microsecond=0)
    answer = people.browser(patient).post(
        f"/book/{therapist.id}/hold/", {"service": str(offered.id), "starts_at": clock.to_wire(start)}
    )
    assert answer.status_code == 409
    assert "too far ahead" in text(answer)


def test_a_week_without_times_leads_to_the_next_that_has_some(therapist, patient, offered):
    Calendar.objects.unscoped(reason="test").update(notice_minutes=20 * 24 * 60)
    page = text(people.browser(patient).get(f"/book/{therapist.id}/"))
    assert "No free time in these days" in page
    assert "The next free time is on" in page
    (href,) = re.findall(r'href="([^"]+)"[^>]*>Show it', page)
    assert times(text(people.browser(patient).get(href.replace("&amp;", "&"))))


@pytest.mark.parametrize("day", ["yesterday", "9999-12-31", "0001-01-01", "2026-02-30", "%00"])
def test_an_address_that_names_no_day_shows_today(therapist, patient, offered, day):
    assert times(text(people.browser(patient).get(f"/book/{therapist.id}/?day={day}")))


def test_a_therapist_without_a_calendar_says_so(patient):
    other = people.therapist()
    people.listing(other)
    browser = people.browser(patient)
    assert "has not opened their calendar" in text(browser.get(f"/book/{other.id}/"))
    assert "Book a time" not in text(browser.get(f"/therapists/{other.id}/"))


def test_a_way_of_meeting_that_a_service_lacks_is_not_shown(therapist, patient, offered):
    Service.objects.unscoped(reason="test").update(modes=Modes.TELEHEALTH.value)
    page = text(people.browser(patient).get(f"/book/{therapist.id}/?mode=in_person"))
    assert "In person" not in page
    assert times(page)


def test_cancelling_says_what_it_costs_first(therapist, patient, offered):
    browser = people.browser(patient)
    place = browser.post(pick(browser, therapist, offered, number=3), {"reason": ""})["Location"]
    asked = text(browser.get(f"{place}cancel/"))
    assert "$75 is due" in asked
    assert Appointment.objects.unscoped(reason="test").get().state == "confirmed"
    (shown,) = re.findall(r'name="fees_seen" value="([^"]+)"', asked)
    assert browser.post(f"{place}cancel/", {"fees_seen": shown})["Location"] == place
    seen = text(browser.get(place))
    assert "Cancelled late" in seen
    assert "Fee due" in seen
    assert browser.post(f"{place}cancel/").status_code == 409
    assert "Cancelled late" in text(browser.get("/appointments/?off=1"))


def test_moving_it(therapist, patient, offered):
    browser = people.browser(patient)
    place = browser.post(pick(browser, therapist, offered, number=60), {"reason": ""})["Location"]
    page = text(browser.get(f"{place}move/"))
    wanted = times(page)[80]
    assert "Move it to this time" in text(browser.post(f"{place}move/", {"starts_at": wanted}))
    moved = browser.post(f"{place}move/", {"starts_at": wanted, "agreed": "yes"})
    assert moved["Location"] == place
    row = Appointment.objects.unscoped(reason="test").get()
    assert row.starts_at == clock.from_wire(wanted)
    assert browser.post(f"{place}move/", {"starts_at": ""})["Location"] == f"{place}move/"
    Appointment.objects.unscoped(reason="test").update(free_cancel_until=clock.now())
    late = browser.post(f"{place}move/", {"starts_at": times(page)[70], "agreed": "yes"})
    assert late.status_code == 409
    assert "too late to move" in text(late)


def test_a_request_is_answered_on_its_page(therapist, patient, offered):
    Calendar.objects.unscoped(reason="test").update(needs_approval=True)
    browser, theirs = people.browser(patient), people.browser(therapist)
    held = pick(browser, therapist, offered)
    assert "Ask for this time" in text(browser.get(held))
    place = browser.post(held, {"reason": ""})["Location"]
    assert "Waits for an answer" in text(browser.get(place))
    assert "Confirm this time" not in text(browser.get(place))
    assert "Confirm this time" in text(theirs.get(place))
    assert browser.post(f"{place}confirm/").status_code == 409
    assert theirs.post(f"{place}confirm/")["Location"] == place
    assert "Confirmed" in text(browser.get(place))


def test_after_it_the_therapist_says_what_happened(therapist, patient, offered):
    browser, theirs = people.browser(patient), people.browser(therapist)
    place = browser.post(pick(browser, therapist, offered), {"reason": ""})["Location"]
    assert theirs.post(f"{place}no-show/").status_code == 409
    past = clock.now() - timedelta(hours=2)
    Appointment.objects.unscoped(reason="test").update(starts_at=past, ends_at=past + timedelta(minutes=50))
    assert "Nobody came" in text(theirs.get(place))
    theirs.post(f"{place}no-show/")
    assert "Missed" in text(browser.get(place))
    theirs.post(f"{place}complete/")
    assert "Took place" in text(browser.get(place))
    assert "Fee due" not in text(browser.get(place))


def test_an_empty_list_says_what_will_be_there(patient, therapist):
    for browser in (people.browser(patient), people.browser(therapist)):
        assert "No appointment to come" in text(browser.get("/appointments/"))
        assert "Nothing here yet" in text(browser.get("/appointments/?was=1"))


def test_a_patient_books_their_own_therapist_though_no_directory_has_them(therapist, patient, offered):
    Listing.objects.unscoped(reason="test").all().delete()
    browser = people.browser(patient)
    way = f'href="/book/{therapist.id}/"'
    for page in ("/appointments/", "/dashboard/"):
        assert way not in text(browser.get(page))
    people.assignment(patient, therapist)
    for page in ("/appointments/", "/dashboard/"):
        assert way in text(browser.get(page))
    assert times(text(browser.get(f"/book/{therapist.id}/")))
    services.service_retire(people.actor(therapist), offered.id, at=clock.now())
    assert way not in text(browser.get("/appointments/"))


def test_a_long_list_goes_on(therapist, patient, offered):
    from scheduling.tests import factories

    calendar = Calendar.objects.unscoped(reason="test").get()
    service = Service.objects.unscoped(reason="test").get()
    desk = factories.Desk(
        therapist,
        patient,
        calendar.practice_id,
        calendar,
        service,
        people.actor(therapist),
        people.actor(patient),
    )
    for number in range(25):
        factories.appointment(desk, clock.now() + timedelta(days=1 + number), is_claimed=False)
    browser = people.browser(patient)
    first = text(browser.get("/appointments/"))
    (href,) = re.findall(r'href="(\?[^"]*cursor=[^"]+)"', first)
    second = text(browser.get(f"/appointments/{href.replace('&amp;', '&')}"))
    links = r'href="(/appointments/[0-9a-f-]{36}/)"'
    assert len(set(re.findall(links, first)) | set(re.findall(links, second))) == 25
    assert browser.get("/appointments/?cursor=forged").status_code == 400


def test_without_redis_nothing_pretends_to_be_held(therapist, patient, offered, monkeypatch):
    import redis

    browser = people.browser(patient)
    page = text(browser.get(f"/book/{therapist.id}/"))
    nobody = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    monkeypatch.setattr(redis_client, "_client", nobody)
    assert times(text(browser.get(f"/book/{therapist.id}/")))
    ask = {"service": str(offered.id), "starts_at": times(page)[9]}
    assert browser.post(f"/book/{therapist.id}/hold/", ask).status_code == 503


@pytest.mark.parametrize("page", ["cancel/", "move/"])
@pytest.mark.parametrize(
    ("facts", "ways"),
    [({"state": "in_session"}, True), ({}, True), ({"state": "in_session", "mode": "in_person"}, False)],
    ids=["in session", "its time has come", "in person"],
)
def test_what_has_begun_asks_nothing_and_says_what_can_be_done(page, facts, ways):
    desk = factories.desk()
    row = video.room_of(desk, **facts)
    address = f"/appointments/{row.id}/{page}"
    for ask in ("get", "post"):
        answer = getattr(people.browser(desk.patient), ask)(address)
        seen = text(answer)
        assert answer.status_code == 409
        assert "This session has begun" in seen
        assert "please write to your therapist" in seen
        assert 'href="/messages/"' in seen
        alert = seen[seen.index("This session has begun") :].partition("</section>")[0]
        assert (f"/appointments/{row.id}/join/" in alert) is ways
        for asked in ("Cancel this appointment?", "Nothing is owed", "Choose another time"):
            assert asked not in seen
    seen = text(people.browser(desk.therapist).get(address))
    assert "whether it took place or nobody came" in seen
    assert f"/appointments/{row.id}/no-show/" in seen


@pytest.mark.parametrize("page", ["cancel/", "move/"])
def test_what_is_over_is_not_said_to_have_begun(page):
    desk = factories.desk()
    row = video.room_of(desk, state="completed")
    answer = people.browser(desk.patient).get(f"/appointments/{row.id}/{page}")
    assert answer.status_code == 200
    assert "This appointment took place" in text(answer)
    assert "has begun" not in text(answer)
