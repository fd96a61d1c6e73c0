"""The vendors of meetings as tests meet them: their fakes over HTTP, and keys that hold there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from bloom.kernel import sandbox
from scheduling.integrations import tokens
from scheduling.integrations.meet import keys
from scheduling.integrations.meet.fake import MeetFake
from scheduling.integrations.zoom import fake as zoom_fake
from scheduling.integrations.zoom.fake import ZoomMeetingsFake
from scheduling.telehealth.types import MeetingWish, MeetKeys, ZoomKeys

HOST = "therapist@example.org"
ZOOM_KEYS = ZoomKeys(
    account_id=zoom_fake.ACCOUNT,
    client_id=zoom_fake.CLIENT,
    client_secret=zoom_fake.SECRET,
    host=HOST,
)
WISH = MeetingWish(
    key=UUID("8a6e0804-2bd0-4672-b79d-d97027f9071a"),
    topic="Appointment",
    starts_at=datetime(2026, 12, 3, 16, 0, tzinfo=UTC),
    minutes=50,
)
LATER = replace(WISH, starts_at=datetime(2026, 12, 4, 9, 30, tzinfo=UTC), minutes=30)


@contextmanager
def zoom_served(settings) -> Iterator[ZoomMeetingsFake]:
    """Zoom's fake where the client asks for Zoom."""
    tokens.clear()
    fake = ZoomMeetingsFake()
    with sandbox.serving(fake):
        settings.VENDOR_URLS = {
            **settings.VENDOR_URLS,
            "zoom_api": f"{fake.url}/v2",
            "zoom_meetings_token": f"{fake.url}/oauth/token",
        }
        yield fake
    tokens.clear()


@contextmanager
def meet_served(settings) -> Iterator[MeetFake]:
    """Meet's fake where the client asks for Google."""
    tokens.clear()
    keys.clear()
    fake = MeetFake()
    with sandbox.serving(fake):
        settings.VENDOR_URLS = {
            **settings.VENDOR_URLS,
            "meet_api": f"{fake.url}/v2",
            "meet_events": f"{fake.url}/v1",
            "meet_token": f"{fake.url}/token",
            "meet_keys": f"{fake.url}/oauth2/v3/certs",
        }
        yield fake
    tokens.clear()
    keys.clear()


def meet_keys(fake: MeetFake, **changes: str) -> MeetKeys:
    """The fake's own service account, acting for the host."""
    account = fake.service_account()
    known = MeetKeys(email=account["client_email"], private_key=account["private_key"], host=HOST)
    return replace(known, **changes)
