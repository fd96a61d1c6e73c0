"""Hours, what is offered in them, and what is booked."""

from datetime import UTC, datetime, timedelta
from typing import Any

from e2e.people import Person

SERVICE = {
    "name": "50-minute session",
    "duration_minutes": 50,
    "price": {"amount": 150_00, "currency": "USD"},
}


def hours_open(therapist: Person) -> str:
    """The therapist is there at all hours. The id of what they offer."""
    week = [{"weekday": day, "from": "00:00", "until": "24:00"} for day in range(7)]
    therapist.patch("/availability/", time_zone="UTC", week=week, slot_minutes=30, version=0)
    return str(therapist.post("/services/", **SERVICE)["id"])


def times(patient: Person, therapist: Person, service: str) -> list[dict[str, Any]]:
    """What the patient can book in the week that begins in three days."""
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=3)
    asked = {"from": first.isoformat(), "to": (first + timedelta(days=7)).isoformat(), "service": service}
    found: list[dict[str, Any]] = patient.get(f"/therapists/{therapist.id}/slots/", **asked)["results"]
    return found


def book(patient: Person, therapist: Person, service: str) -> str:
    """The id of an appointment of these two."""
    starts_at = times(patient, therapist, service)[0]["starts_at"]
    hold = patient.post("/holds/", therapist=therapist.id, service=service, starts_at=starts_at)
    return str(patient.post("/appointments/", hold=hold["id"], reason="I do not sleep well.")["id"])


def hours_open_now(therapist: Person, *, notice_minutes: int = 0) -> str:
    """The therapist is there at all hours, and can be booked for a time that begins within minutes, or so
    many minutes from now.
    """
    week = [{"weekday": day, "from": "00:00", "until": "24:00"} for day in range(7)]
    hours = {"time_zone": "UTC", "week": week, "slot_minutes": 5, "version": 0}
    hours["notice_minutes"] = notice_minutes
    therapist.patch("/availability/", **hours)
    return str(therapist.post("/services/", **SERVICE)["id"])


def book_now(patient: Person, therapist: Person, service: str) -> str:
    """The id of an appointment of these two whose room is open."""
    now = datetime.now(UTC)
    asked = {"from": now.isoformat(), "to": (now + timedelta(hours=2)).isoformat(), "service": service}
    found: list[dict[str, Any]] = patient.get(f"/therapists/{therapist.id}/slots/", **asked)["results"]
    hold = patient.post("/holds/", therapist=therapist.id, service=service, starts_at=found[0]["starts_at"])
    return str(patient.post("/appointments/", hold=hold["id"])["id"])


def off_a_week_after(therapist: Person, appointment: str) -> None:
    """The therapist is off for an hour when a week has passed since this appointment."""
    starts_at = datetime.fromisoformat(therapist.get(f"/appointments/{appointment}/")["starts_at"])
    wanted = starts_at + timedelta(days=7)
    day = wanted.date().isoformat()
    bounds = {"from": f"{wanted:%H:%M}", "until": f"{wanted + timedelta(hours=1):%H:%M}"}
    therapist.post("/availability/exceptions/", kind="off", starts_on=day, ends_on=day, **bounds)


def repeat(therapist: Person, appointment: str) -> str:
    """The same appointment, which comes again every two weeks."""
    therapist.post(f"/appointments/{appointment}/repeat/", frequency="weekly", interval=2, count=4)
    return appointment
