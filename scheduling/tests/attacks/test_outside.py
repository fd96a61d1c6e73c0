"""Whoever names a calendar, or writes one, reaches nothing of ours and keeps nobody waiting."""

import socket
import threading
import time

import pytest

from bloom.kernel import clock
from bloom.kernel.errors import Invalid
from scheduling import services
from scheduling.integrations.outside import http
from scheduling.integrations.outside.port import NotRead
from scheduling.services import outside
from scheduling.tests import factories
from scheduling.tests.test_outside import START, add, bare, entry, fake, ics, run, times, view  # noqa: F401
from scheduling.types import OutsideFault

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


@pytest.mark.parametrize(
    "url",
    [
        "http://calendar.example.org/a.ics",
        "https://127.0.0.1/a.ics",
        "https://[::1]/a.ics",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.7/a.ics",
        "https://[::ffff:192.168.1.1]/a.ics",
        "https://localhost/a.ics",
        "https://redis/a.ics",
        "https://metadata.internal/a.ics",
        "https://example.org:6379/a.ics",
        "https://somebody:secret@example.org/a.ics",
        "https://example.org/a.ics\r\nX-Evil: 1",
        "file:///etc/passwd",
        "gopher://example.org/",
        "https://" + "a" * 600 + ".org/",
    ],
)
def test_an_address_of_ours_is_refused(desk, settings, url):
    settings.WEBHOOKS_PRIVATE = False
    with pytest.raises(Invalid):
        services.outside_add(desk.as_therapist, "Mine", url, at=clock.now())


@pytest.mark.parametrize("found", ["127.0.0.1", "10.1.2.3", "::1", "169.254.169.254"])
def test_a_name_that_leads_to_us_is_not_asked(settings, monkeypatch, found):
    """Also where another of its addresses is one of the internet."""
    settings.WEBHOOKS_PRIVATE = False
    monkeypatch.setattr(http, "resolve", lambda host, port: ["93.184.215.14", found])
    with pytest.raises(NotRead) as refused:
        http.fetch("https://calendar.example.org/a.ics")
    assert refused.value.fault is OutsideFault.ADDRESS


def test_a_redirect_does_not_lead_to_us(settings, fake):  # noqa: F811
    """Each address on the way is looked at as the first was."""
    settings.WEBHOOKS_PRIVATE = True
    asked = []

    def fault(url, *, private):
        asked.append(url)
        return "address" if len(asked) > 1 else ""

    original = http.addresses.url_fault
    http.addresses.url_fault = fault
    try:
        with pytest.raises(NotRead) as refused:
            http.fetch(f"{fake.url}/to/mine.ics")
    finally:
        http.addresses.url_fault = original
    assert refused.value.fault is OutsideFault.ADDRESS
    assert asked[1] == f"{fake.url}/mine.ics"


def test_redirects_end(settings, fake):  # noqa: F811
    settings.WEBHOOKS_PRIVATE = True
    with pytest.raises(NotRead) as refused:
        http.fetch(f"{fake.url}/to/to/to/to/to/mine.ics")
    assert refused.value.fault is OutsideFault.REFUSED


def server(*parts, pause=0.0):
    """A server on loopback that sends these parts, with pauses; its address."""
    held = socket.create_server(("127.0.0.1", 0))

    def serve():
        line, _peer = held.accept()
        with line:
            line.recv(4096)
            try:
                for part in parts:
                    line.sendall(part)
                    time.sleep(pause)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{held.getsockname()[1]}/a.ics"


def test_one_that_sends_without_end_is_cut_off(settings):
    settings.WEBHOOKS_PRIVATE = True
    megabyte = b"x" * 1024 * 1024
    url = server(b"HTTP/1.1 200 OK\r\n\r\n", *[megabyte] * 12)
    with pytest.raises(NotRead) as refused:
        http.fetch(url)
    assert refused.value.fault is OutsideFault.TOO_LARGE


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_one_that_drips_is_given_up_in_time(settings, monkeypatch, head):
    settings.WEBHOOKS_PRIVATE = True
    monkeypatch.setattr(http, "DEADLINE", 0.5)
    url = server(head or b"H", *[b"x"] * 40, pause=0.1)
    begun = time.monotonic()
    with pytest.raises(NotRead) as refused:
        http.fetch(url)
    assert time.monotonic() - begun < 2
    assert refused.value.fault is OutsideFault.LATE


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7;BYMINUTE=0,10,20,30,40,50",
    ],
)
def test_what_comes_too_often_is_left_aside(settings, fake, desk, rule):  # noqa: F811
    settings.WEBHOOKS_PRIVATE = True
    begun = time.monotonic()
    add(desk, fake, ics(entry(f"RRULE:{rule}", uid="bomb"), entry(uid="good")))
    assert run() == 1
    assert time.monotonic() - begun < 5
    assert len(times(desk)) == 1


def test_an_entry_from_long_ago_that_comes_each_day_is_left_aside(settings, fake, desk):  # noqa: F811
    settings.WEBHOOKS_PRIVATE = True
    ancient = bare("DTSTART:00010101T000000Z", "DTEND:00010101T010000Z", "RRULE:FREQ=DAILY")
    add(desk, fake, ics(ancient, entry(uid="good")))
    assert run() == 1
    assert len(times(desk)) == 1


def test_working_out_ends_when_its_time_is_over(settings, fake, desk, monkeypatch):  # noqa: F811
    settings.WEBHOOKS_PRIVATE = True
    monkeypatch.setattr(outside, "_WORK_SECONDS", 0.2)
    many = [entry("RRULE:FREQ=DAILY", uid=str(number)) for number in range(1_000)]
    add(desk, fake, ics(*many))
    begun = time.monotonic()
    assert run() == 0
    assert time.monotonic() - begun < 20
    assert view(desk).fault is OutsideFault.TOO_MUCH


def test_lines_that_are_no_calendar_break_nothing(settings, fake, desk):  # noqa: F811
    settings.WEBHOOKS_PRIVATE = True
    broken = [
        bare("DTSTART:not-a-day", "DTEND:20261301T000000Z"),
        bare("DTSTART:20261201T000000Z", "RRULE:FREQ=WEEKLY;BYDAY=XX"),
        bare("RRULE:FREQ=DAILY"),
        "BEGIN:VEVENT\r\nEND:VEVENT",
    ]
    for number, each in enumerate(broken):
        fake.held[f"/{number}.ics"] = ics(each, entry(uid="good"))
        with_one = services.outside_add(
            desk.as_therapist, f"Number {number}", f"{fake.url}/{number}.ics", at=clock.now()
        )
        run()
        services.outside_remove(desk.as_therapist, with_one.id, at=clock.now())
    assert times(desk) == []
    assert clock.now() < START
