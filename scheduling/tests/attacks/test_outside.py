"""Whoever names a calendar, or writes one, reaches nothing of ours and keeps nobody waiting."""

import socket
import ssl
import threading
import time
from contextlib import nullcontext
from datetime import timedelta
from ipaddress import ip_address
from zoneinfo import ZoneInfo

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection, transaction

from bloom.kernel import clock
from bloom.kernel.errors import Invalid
from scheduling import services
from scheduling.integrations.outside import http
from scheduling.integrations.outside.port import NotRead
from scheduling.rules import outside as rules
from scheduling.services import outside, outside_reading
from scheduling.tests import factories
from scheduling.tests.test_outside import START, add, bare, entry, ics, run, times, view
from scheduling.types import OUTSIDE_ENTRIES_MOST, OutsideFault

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
    """ASVS 5 V1.3.6."""
    settings.WEBHOOKS_PRIVATE = False
    with pytest.raises(Invalid):
        services.outside_add(desk.as_therapist, "Mine", url, at=clock.now())


@pytest.mark.parametrize("found", ["127.0.0.1", "10.1.2.3", "::1", "169.254.169.254"])
def test_a_name_that_leads_to_us_is_not_asked(settings, monkeypatch, found):
    """ASVS 5 V1.3.6: also where another of its addresses is one of the internet."""
    settings.WEBHOOKS_PRIVATE = False
    monkeypatch.setattr(http, "resolve", lambda host, port: ["93.184.215.14", found])
    with pytest.raises(NotRead) as refused:
        http.fetch("https://calendar.example.org/a.ics")
    assert refused.value.fault is OutsideFault.ADDRESS


def test_a_redirect_does_not_lead_to_us(settings, calendars):
    """ASVS 5 V1.3.6: each address on the way is looked at as the first was."""
    settings.WEBHOOKS_PRIVATE = True
    asked = []

    def fault(url, *, private):
        asked.append(url)
        return "address" if len(asked) > 1 else ""

    original = http.addresses.url_fault
    http.addresses.url_fault = fault
    try:
        with pytest.raises(NotRead) as refused:
            http.fetch(f"{calendars.url}/to/mine.ics")
    finally:
        http.addresses.url_fault = original
    assert refused.value.fault is OutsideFault.ADDRESS
    assert asked[1] == f"{calendars.url}/mine.ics"


def test_redirects_end(settings, calendars):
    """ASVS 5 V15.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    with pytest.raises(NotRead) as refused:
        http.fetch(f"{calendars.url}/to/to/to/to/to/mine.ics")
    assert refused.value.fault is OutsideFault.REFUSED


def server(*parts, pause=0.0, inside=None, sent=None):
    """A server on loopback that sends these parts, with pauses, under TLS where it has `inside`; its address.
    What it could send is noted in `sent`.
    """
    held = socket.create_server(("127.0.0.1", 0))

    def serve():
        plain, _peer = held.accept()
        with plain:
            try:
                with inside.wrap_socket(plain, server_side=True) if inside else nullcontext(plain) as line:
                    line.recv(4096)
                    for part in parts:
                        line.sendall(part)
                        if sent is not None:
                            sent.append(part)
                        time.sleep(pause)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return f"http{'s' if inside else ''}://127.0.0.1:{held.getsockname()[1]}/a.ics"


def test_one_that_sends_without_end_is_cut_off(settings):
    """ASVS 5 V15.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    megabyte = b"x" * 1024 * 1024
    url = server(b"HTTP/1.1 200 OK\r\n\r\n", *[megabyte] * 12)
    with pytest.raises(NotRead) as refused:
        http.fetch(url)
    assert refused.value.fault is OutsideFault.TOO_LARGE


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_one_that_drips_is_given_up_in_time(settings, monkeypatch, head):
    """ASVS 5 V15.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    monkeypatch.setattr(http, "DEADLINE", 0.5)
    url = server(head or b"H", *[b"x"] * 400, pause=0.1)
    with pytest.raises(NotRead) as refused:
        http.fetch(url)
    assert refused.value.fault is OutsideFault.LATE


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_one_that_drips_behind_tls_is_given_up_in_time(settings, monkeypatch, tmp_path, head):
    """ASVS 5 V15.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    inside, trusting = tls(tmp_path)
    monkeypatch.setattr(http.ssl, "create_default_context", lambda: trusting)
    monkeypatch.setattr(http, "DEADLINE", 1.5)
    sent = []
    url = server(head or b"H", *[b"x"] * 150, pause=0.1, inside=inside, sent=sent)
    with pytest.raises(NotRead) as refused:
        http.fetch(url)
    assert refused.value.fault is OutsideFault.LATE
    # Its server had much more to say, and was not heard out.
    assert 0 < len(sent) < 100


def test_one_that_drips_its_handshake_is_given_up_in_time(settings, monkeypatch):
    """ASVS 5 V15.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    monkeypatch.setattr(http, "DEADLINE", 0.5)
    sent = []
    url = server(b"\x16\x03\x03\x20\x00", *[b"x"] * 150, pause=0.1, sent=sent)
    with pytest.raises(NotRead) as refused:
        http.fetch(url.replace("http://", "https://"))
    assert refused.value.fault is OutsideFault.LATE
    assert len(sent) < 100


def tls(folder):
    """What a server of our own shows, and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown = made.public_bytes(serialization.Encoding.PEM)
    held = folder / "server.pem"
    kind = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    held.write_bytes(key.private_bytes(*kind) + shown)
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(held)
    return inside, ssl.create_default_context(cadata=shown.decode())


@pytest.mark.parametrize(
    "lines",
    [
        ["RRULE:FREQ=SECONDLY"],
        ["RRULE:FREQ=MINUTELY;INTERVAL=1"],
        ["RRULE:FREQ=HOURLY"],
        ["RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7;BYMINUTE=0,10,20,30,40,50"],
        ["RRULE:FREQ=DAILY;INTERVAL=0"],
        ["RRULE:FREQ=DAILY;INTERVAL=-1"],
        ["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"],
        ["RRULE:FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1"],
        ["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 40,
    ],
)
def test_what_would_never_end_is_left_aside(settings, calendars, desk, lines):
    """ASVS 5 V15.2.2: were it worked out, its process would be ended, and nothing of the calendar be read."""
    settings.WEBHOOKS_PRIVATE = True
    add(desk, calendars, ics(entry(*lines, uid="bomb"), entry(uid="good")))
    assert run() == 1
    assert times(desk) == [(START, START + timedelta(hours=1))]


def zone(*rules, name="Work Zone", offset="+0000"):
    lines = ["DTSTART:19700101T000000", f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", *rules]
    return "\r\n".join(
        ["BEGIN:VTIMEZONE", f"TZID:{name}", "BEGIN:STANDARD", *lines, "END:STANDARD", "END:VTIMEZONE"]
    )


def nine(name="Work Zone"):
    return bare(f"DTSTART;TZID={name}:{START:%Y%m%d}T090000", f"DTEND;TZID={name}:{START:%Y%m%d}T100000")


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=DAILY",
        "FREQ=YEARLY;INTERVAL=0",
        "FREQ=YEARLY;BYSECOND=0,1,2,3,4,5,6,7,8,9",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_a_zone_that_never_ends_keeps_no_entry(settings, calendars, desk, rule):
    """ASVS 5 V15.2.2."""
    later = START + timedelta(days=2)
    settings.WEBHOOKS_PRIVATE = True
    add(desk, calendars, ics(zone(f"RRULE:{rule}"), nine(), entry(starts=later, uid="good")))
    assert run() == 1
    assert (later, later + timedelta(hours=1)) in times(desk)


def test_one_persons_zone_decides_nobody_elses_times(settings, calendars, desk):
    """ASVS 5 V8.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    add(desk, calendars, ics(zone(offset="+1200"), nine()), path="/first.ics")
    add(desk, calendars, ics(zone(offset="-0500"), nine()), path="/second.ics")
    assert run() == 2
    midnight = START.replace(hour=0)
    starts = [each[0] for each in times(desk)]
    assert starts == [midnight - timedelta(hours=3), midnight + timedelta(hours=14)]


def test_an_entry_from_long_ago_that_comes_each_day_is_left_aside(settings, calendars, desk):
    """ASVS 5 V15.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    ancient = bare("DTSTART:00010101T000000Z", "DTEND:00010101T010000Z", "RRULE:FREQ=DAILY")
    add(desk, calendars, ics(ancient, entry(uid="good")))
    assert run() == 1
    assert len(times(desk)) == 1


def test_working_out_ends_when_its_time_is_over(settings, calendars, desk, monkeypatch):
    """ASVS 5 V15.2.2."""
    settings.WEBHOOKS_PRIVATE = True
    # No interpreter starts as soon as that, on whatever machine.
    monkeypatch.setattr(outside_reading, "DEADLINE", 0.001)
    add(desk, calendars, ics(entry("RRULE:FREQ=DAILY")))
    assert run() == 0
    assert view(desk).fault is OutsideFault.TOO_MUCH


def test_so_does_what_takes_more_of_the_processor(settings, calendars, desk):
    """ASVS 5 V15.2.2."""
    many = [entry("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", uid=str(number)) for number in range(50)]
    with pytest.raises(NotRead) as refused:
        outside_reading.busy_read(
            ics(*many), zone=ZoneInfo("UTC"), start=START, end=START + timedelta(days=400), seconds=1
        )
    assert refused.value.fault is OutsideFault.TOO_MUCH


def test_more_entries_than_may_be_are_counted_before_anything_is_parsed(desk, monkeypatch):
    """ASVS 5 V15.2.2: also where all of them are one by their name."""
    monkeypatch.setattr(outside_reading.subprocess, "run", None)
    with pytest.raises(Invalid):
        services.outside_send(
            desk.as_therapist,
            "Mine",
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nUID:1\n" * (OUTSIDE_ENTRIES_MOST + 1),
            at=clock.now(),
        )


def test_entries_that_are_folded_are_counted_too():
    """ASVS 5 V15.2.2."""
    with pytest.raises(rules.TooMuch):
        rules.busy_read(
            b"BEGIN:VE\r\n VENT\r\n" * (OUTSIDE_ENTRIES_MOST + 1),
            zone=ZoneInfo("UTC"),
            start=START,
            end=START + timedelta(days=1),
        )


def test_whoever_is_told_to_stop_stops(settings, calendars, desk, monkeypatch):
    """The calendar is not read, and is not the first again."""
    settings.WEBHOOKS_PRIVATE = True

    def stop(*args, **more):
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(outside_reading, "busy_read", stop)
    add(desk, calendars, ics(entry()))
    with pytest.raises(SoftTimeLimitExceeded):
        run()
    assert view(desk).fault is OutsideFault.TOO_MUCH


def test_nobody_else_takes_one_while_a_job_may_still_run(settings):
    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < outside._LEASE


@pytest.mark.django_db(transaction=True)
def test_removed_while_it_is_being_written_nothing_of_it_stays(settings, calendars, desk):
    settings.WEBHOOKS_PRIVATE = True
    added = add(desk, calendars, ics(entry()))
    spans = [(START, START + timedelta(hours=1))]
    begun = threading.Event()

    def remove():
        begun.set()
        try:
            services.outside_remove(desk.as_therapist, added.id, at=clock.now())
        finally:
            connection.close()

    other = threading.Thread(target=remove)
    with transaction.atomic():
        row = outside._held(added.id)
        outside._busy_write(row, spans, at=clock.now())
        other.start()
        begun.wait(10)
        # So long that the other one stands behind the lock.
        time.sleep(0.5)
    other.join(20)
    assert times(desk) == []


def test_lines_that_are_no_calendar_break_nothing(settings, calendars, desk):
    """ASVS 5 V2.2.1."""
    settings.WEBHOOKS_PRIVATE = True
    broken = [
        bare("DTSTART:not-a-day", "DTEND:20261301T000000Z"),
        bare("DTSTART:20261201T000000Z", "RRULE:FREQ=WEEKLY;BYDAY=XX"),
        bare("RRULE:FREQ=DAILY"),
        "BEGIN:VEVENT\r\nEND:VEVENT",
    ]
    for number, each in enumerate(broken):
        calendars.held[f"/{number}.ics"] = ics(each, entry(uid="good"))
        with_one = services.outside_add(
            desk.as_therapist, f"Number {number}", f"{calendars.url}/{number}.ics", at=clock.now()
        )
        run()
        services.outside_remove(desk.as_therapist, with_one.id, at=clock.now())
    assert times(desk) == []
    assert clock.now() < START
