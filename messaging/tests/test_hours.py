"""When somebody reads what is written: who says so, who sees it, and that danger is met at any hour."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from accounts import services as accounts_services
from accounts.errors import ChangedMeanwhile
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import Invalid, NotAllowed
from bloom.kernel.testing import at_once
from messaging import selectors, services
from messaging.models import AwayPeriod
from messaging.tests import factories
from messaging.tests.factories import Event
from messaging.types import DATES_MOST, OfficeHours, Span

pytestmark = pytest.mark.django_db

# A Thursday: three in the morning, and noon, in Chicago.
NIGHT = datetime(2026, 12, 3, 9, tzinfo=UTC)
NOON = datetime(2026, 12, 3, 18, tzinfo=UTC)
NINE = datetime(2026, 12, 3, 15, tzinfo=UTC)
WORDS = "We read on weekdays."
WEEK = OfficeHours(time_zone="America/Chicago", week=((Span(540, 1020),),) * 5 + ((), ()))


def hours_set(talk, hours=WEEK, text=WORDS, *, version=0, at=NIGHT):
    return services.office_hours_change(
        talk.as_therapist, talk.practice_id, hours, text, version=version, at=at
    )


def away_set(actor, first, last, text="", *, zone="America/Chicago", at=NIGHT):
    return services.away_set(actor, starts_on=first, ends_on=last, time_zone=zone, text=text, at=at)


def notice(actor, talk, at):
    found = selectors.conversation_get(actor, talk.id)
    return selectors.away_notices(actor, [found], at=at)[talk.id]


def browser(user) -> Client:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(user)
    return client


# A practice's hours -----------------------------------------------------------------------------------------


def test_without_a_word_of_the_practice_patients_read_blooms():
    talk = factories.talk()
    seen = notice(talk.as_patient, talk, NIGHT)
    assert (seen.text, seen.is_open, seen.reads_next_at) == ("Messages are not monitored.", None, None)
    assert seen.danger == "If you are in danger, call 988 or 911."


def test_patients_read_when_the_practice_does():
    talk = factories.talk()
    assert hours_set(talk).version == 1
    night, noon = (notice(talk.as_patient, talk, at) for at in (NIGHT, NOON))
    assert (night.is_open, night.reads_next_at) == (False, NINE)
    assert (noon.is_open, noon.reads_next_at) == (True, None)
    assert (night.text, night.danger) == (WORDS, "If you are in danger, call 988 or 911.")


def test_of_two_who_change_them_at_once_the_later_looks_first():
    talk = factories.talk()
    hours_set(talk)
    with pytest.raises(ChangedMeanwhile) as refused:
        hours_set(talk, text="Another word.")
    assert refused.value.fields["version"] == 1
    assert hours_set(talk, text="Another word.", version=1).version == 2
    # What is so already is no change, and not on record again.
    assert hours_set(talk, text="Another word.", version=2).version == 2
    names = Event.objects.unscoped(reason="test").filter(name="messaging.practice_hours.changed")
    assert names.count() == 2


@pytest.mark.parametrize(
    ("hours", "text", "field"),
    [
        (OfficeHours(time_zone="Mars/Olympus", week=WEEK.week), "", "time_zone"),
        (OfficeHours(time_zone="UTC", week=WEEK.week[:6]), "", "week"),
        (OfficeHours(time_zone="UTC", week=((Span(600, 540),),) * 7), "", "week"),
        (OfficeHours(time_zone="UTC", week=WEEK.week, dates={date(2026, 1, 1): (Span(2, 1),)}), "", "dates"),
        (
            OfficeHours(
                time_zone="UTC",
                week=WEEK.week,
                dates={date(2026, 1, 1) + timedelta(days=n): () for n in range(DATES_MOST + 1)},
            ),
            "",
            "dates",
        ),
        (WEEK, "x" * 501, "text"),
        (WEEK, "a\0b", "text"),
    ],
)
def test_what_hours_cannot_be(hours, text, field):
    talk = factories.talk()
    with pytest.raises(Invalid) as refused:
        hours_set(talk, hours, text)
    assert set(refused.value.errors) == {field}


@pytest.mark.parametrize("role", [MembershipRole.CLINICIAN, MembershipRole.FRONT_DESK, MembershipRole.BILLER])
def test_those_who_do_not_lead_the_practice_change_nothing(role):
    talk, colleague = factories.talk(), people.therapist()
    accounts_services.membership_start(people.SYSTEM, talk.practice_id, colleague.id, role, at=factories.AT)
    actor = people.actor(colleague, practice_id=talk.practice_id)
    with pytest.raises(NotAllowed):
        services.office_hours_change(actor, talk.practice_id, WEEK, "", version=0, at=NIGHT)


def test_another_practice_sees_and_changes_nothing():
    talk, other = factories.talk(), factories.talk()
    hours_set(talk)
    assert notice(other.as_patient, other, NIGHT).is_open is None
    assert selectors.office_hours_get(other.as_therapist, talk.practice_id).version == 0
    with pytest.raises(NotAllowed):
        services.office_hours_change(other.as_therapist, talk.practice_id, WEEK, "", version=1, at=NIGHT)


# A therapist's own time away --------------------------------------------------------------------------------


def test_patients_read_that_their_therapist_is_away_and_until_when():
    talk = factories.talk()
    hours_set(talk)
    away_set(talk.as_therapist, date(2026, 12, 3), date(2026, 12, 4), "Dr. Rivera is here for you.")
    (gone,) = notice(talk.as_patient, talk, NOON).therapists
    assert (gone.id, gone.text) == (talk.therapist.id, "Dr. Rivera is here for you.")
    assert gone.back_at == datetime(2026, 12, 5, 6, tzinfo=UTC)
    # Back on a Saturday: read on Monday.
    assert notice(talk.as_patient, talk, NOON).reads_next_at == datetime(2026, 12, 7, 15, tzinfo=UTC)
    assert notice(talk.as_patient, talk, gone.back_at).therapists == ()
    assert not notice(talk.as_patient, talk, NIGHT - timedelta(hours=4)).therapists


def test_one_time_replaces_the_other_and_ends_when_one_says_so():
    talk = factories.talk()
    away_set(talk.as_therapist, date(2026, 12, 3), date(2026, 12, 4), "First.")
    view = away_set(talk.as_therapist, date(2026, 12, 10), date(2026, 12, 11))
    assert (view.is_now, view.text) == (False, "")
    assert selectors.away_get(talk.as_therapist, at=NOON) == view
    services.away_end(talk.as_therapist, at=NOON)
    services.away_end(talk.as_therapist, at=NOON)
    assert selectors.away_get(talk.as_therapist, at=NOON) is None
    names = Event.objects.unscoped(reason="test").filter(name__startswith="messaging.away.")
    assert sorted(each.name for each in names) == ["messaging.away.ended"] + ["messaging.away.set"] * 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_two_that_are_saved_first_at_once_are_one_time_away(_again):
    talk = factories.talk()
    first, last = date(2026, 12, 3), date(2026, 12, 4)
    words = [f"Number {number}." for number in range(4)]
    views = at_once(*[lambda said=said: away_set(talk.as_therapist, first, last, said) for said in words])
    assert [view.text for view in views] == words
    assert selectors.away_get(talk.as_therapist, at=NOON) in views


def test_what_is_over_is_shown_no_more():
    talk = factories.talk()
    away_set(talk.as_therapist, date(2026, 12, 3), date(2026, 12, 4))
    assert selectors.away_get(talk.as_therapist, at=datetime(2026, 12, 6, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2026, 12, 4), date(2026, 12, 3), "ends_on"),
        (date(2026, 12, 1), date(2026, 12, 2), "ends_on"),
        (date(2026, 12, 4), date(2027, 12, 31), "ends_on"),
        (date(2030, 12, 4), date(2030, 12, 5), "starts_on"),
        (date(9999, 12, 31), date(9999, 12, 31), "starts_on"),
    ],
)
def test_what_days_away_cannot_be(first, last, field):
    talk = factories.talk()
    with pytest.raises(Invalid) as refused:
        away_set(talk.as_therapist, first, last)
    assert set(refused.value.errors) == {field}


def test_no_patient_is_away():
    talk = factories.talk()
    with pytest.raises(NotAllowed):
        away_set(talk.as_patient, date(2026, 12, 3), date(2026, 12, 4))


def test_a_therapists_words_are_sealed_and_in_no_event():
    talk = factories.talk()
    away_set(talk.as_therapist, date(2026, 12, 3), date(2026, 12, 4), "zyxmark at the clinic")
    row = AwayPeriod.objects.unscoped(reason="test").get(user_id=talk.therapist.id)
    assert b"zyxmark" not in bytes(row.text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM observability_event t WHERE t::text ILIKE '%zyxmark%'")
        assert cursor.fetchone()[0] == 0
    # Moved to another's row it does not open: nothing is said.
    other = factories.talk()
    away_set(other.as_therapist, date(2026, 12, 3), date(2026, 12, 4), "x")
    rows = AwayPeriod.objects.unscoped(reason="test")
    rows.filter(user_id=other.therapist.id).update(text=row.text)
    assert notice(other.as_patient, other, NOON).therapists[0].text == ""


# Danger -----------------------------------------------------------------------------------------------------


def test_danger_is_met_outside_the_hours_as_within_them():
    talk = factories.talk()
    hours_set(talk)
    away_set(talk.as_therapist, date(2026, 12, 3), date(2026, 12, 31))
    message = factories.send(talk.as_patient, talk.id, factories.CRISIS, at=NIGHT)
    assert message.outcome == "crisis"
    (alert,) = selectors.crisis_alert_list(talk.as_therapist)
    assert (alert.message_id, alert.raised_at) == (message.id, NIGHT)
    page = browser(talk.patient).get(f"/messages/{talk.id}/").content.decode()
    assert "Somebody’s life" not in page
    assert 'href="tel:988"' in page


# The pages and the wire -------------------------------------------------------------------------------------


def today(days=0):
    return (clock.now() + timedelta(days=days)).date()


def test_the_conversation_says_it_before_and_after_a_send():
    talk = factories.talk()
    away_set(talk.as_therapist, today(-1), today(3), "<script>x</script>", at=clock.now())
    client = browser(talk.patient)
    before = client.get(f"/messages/{talk.id}/").content.decode()
    assert "is away and back on" in before
    assert "<script>x</script>" not in before
    assert "Your message is there." not in before
    factories.send(talk.as_patient, talk.id, at=clock.now())
    for path in (f"/messages/{talk.id}/", f"/messages/{talk.id}/away/"):
        assert "Your message is there. It is read from" in client.get(path).content.decode()
    theirs = browser(talk.therapist).get(f"/messages/{talk.id}/").content.decode()
    assert "Your away notice is on" in theirs
    assert "is away and back on" not in theirs


def test_the_moment_is_said_in_the_readers_own_zone():
    talk = factories.talk()
    every_minute_but_now = OfficeHours(time_zone="UTC", week=((),) * 7, dates={today(5): (Span(720, 780),)})
    hours_set(talk, every_minute_but_now)
    accounts_services.profile_change(people.actor(talk.patient), time_zone="Asia/Kathmandu", at=clock.now())
    page = browser(talk.patient).get(f"/messages/{talk.id}/").content.decode()
    assert f"{today(5):%A %-d %B}, 5:45\N{NO-BREAK SPACE}PM your time" in page


def form(**more):
    return {"version": 0, "time_zone": "America/Chicago", "text": "", **more}


def test_an_owner_sets_hours_sees_them_first_and_keeps_them():
    talk = factories.talk()
    client, path = browser(talk.therapist), f"/practices/{talk.practice_id}/hours/"
    sent = form(
        day0_from0="09:00", day0_until0="12:00", day0_from1="13:00", day0_until1="00:00", text=WORDS,
        date0="2026-12-25", date1="2026-12-26", date1_from0="10:00", date1_until0="11:00",
    )  # fmt: skip
    preview = client.post(path, {**sent, "do": "preview"}).content.decode()
    assert "It is not saved yet." in preview
    assert WORDS in preview
    assert selectors.office_hours_get(talk.as_therapist, talk.practice_id).version == 0
    assert client.post(path, sent).status_code == 302
    view = selectors.office_hours_get(talk.as_therapist, talk.practice_id)
    assert view.hours.week == ((Span(540, 720), Span(780, 1440)), *[()] * 6)
    assert view.hours.dates == {date(2026, 12, 25): (), date(2026, 12, 26): (Span(600, 660),)}
    again = client.get(path).content.decode()
    assert 'value="2026-12-26"' in again
    assert "Somebody else has changed this" in client.post(path, sent).content.decode()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"day0_from0": "09:00"}, "From when, and until when?"),
        ({"day0_from0": "10:00", "day0_until0": "09:00"}, "Hours end after they begin"),
        ({"day0_from0": "9 o’clock", "day0_until0": "10:00"}, "Please give a time"),
        ({"date0": "", "date0_from0": "10:00", "date0_until0": "11:00"}, "Which day?"),
        ({"date0": "2026-12-25", "date1": "2026-12-25"}, "This day stands here twice."),
        ({"time_zone": "Mars/Olympus"}, "This is not a time zone we know."),
        ({"text": "x" * 501}, "Please keep it to 500 characters."),
    ],
)
def test_what_is_wrong_stands_beside_it_and_what_was_typed_stays(more, says):
    talk = factories.talk()
    sent = form(day4_from0="08:15", day4_until0="16:00", **more) | more
    answer = browser(talk.therapist).post(f"/practices/{talk.practice_id}/hours/", sent)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert 'value="08:15"' in answer.content.decode()


def test_hours_and_time_away_over_rest():
    talk = factories.talk()
    client = browser(talk.therapist)
    path = f"/api/v1/practices/{talk.practice_id}/message-hours/"
    assert client.get(path).json() == {
        "practice": str(talk.practice_id),
        "time_zone": None,
        "week": [[]] * 7,
        "dates": [],
        "text": "",
        "version": 0,
        "changed_at": None,
    }
    week = [[{"from": "09:00", "until": "24:00"}], *[[]] * 6]
    dates = [{"on": "2026-12-25", "hours": []}]
    sent = {"time_zone": "UTC", "week": week, "dates": dates, "text": WORDS, "version": 0}
    kept = client.put(path, json.dumps(sent), content_type="application/json").json()
    assert {**kept, "changed_at": None} == {
        **sent, "practice": str(talk.practice_id), "version": 1, "changed_at": None,
    }  # fmt: skip
    stale = client.put(path, json.dumps(sent), content_type="application/json")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    for odd in ({"week": week[:6]}, {"week": [[{"from": "9", "until": "10:00"}], *[[]] * 6]}, {"version": -1},
                {"dates": [dates[0], dates[0]]}, {"time_zone": 5}):  # fmt: skip
        answer = client.put(path, json.dumps({**sent, "version": 1, **odd}), content_type="application/json")
        assert answer.status_code == 400, odd

    days = {"starts_on": f"{today()}", "ends_on": f"{today(2)}", "text": "Back soon."}
    put = client.put("/api/v1/me/away/", json.dumps(days), content_type="application/json").json()
    assert put["away"] | {"time_zone": ""} == {**days, "time_zone": "", "is_now": True}
    (talked,) = browser(talk.patient).get("/api/v1/conversations/").json()["results"]
    (gone,) = talked["away"]["therapists"]
    assert (gone["text"], talked["away"]["text"]) == ("Back soon.", WORDS)
    assert talked["away"]["danger"] == "If you are in danger, call 988 or 911."
    assert client.delete("/api/v1/me/away/").status_code == 204
    assert client.get("/api/v1/me/away/").json() == {"away": None}


def test_whoever_writes_there_no_more_is_told_of_nobody_away():
    talk = factories.talk()
    hours_set(talk)
    away_set(talk.as_therapist, today(-1), today(2), "At the clinic.", at=clock.now())
    client = browser(talk.patient)
    assert client.get(f"/api/v1/conversations/{talk.id}/").json()["away"]["therapists"]
    accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "moved", at=clock.now())
    factories.follow(talk)
    told = client.get(f"/api/v1/conversations/{talk.id}/").json()["away"]
    (listed,) = client.get("/api/v1/conversations/").json()["results"]
    assert told == listed["away"]
    assert told == {
        "text": told["text"], "danger": "If you are in danger, call 988 or 911.", "open": None,
        "reads_next_at": None, "therapists": [],
    }  # fmt: skip
    part = client.get(f"/messages/{talk.id}/away/").content.decode()
    assert "At the clinic." not in part
    assert "is away" not in part
    assert 'href="tel:988"' in part
