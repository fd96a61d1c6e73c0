"""The spaces of Meet's fake, and what happens in them."""

import secrets
import zlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Stay:
    """Somebody's session in a conference."""

    name: str
    person: str
    id: str
    started_at: str
    ended_at: str = ""


@dataclass(slots=True)
class Conference:
    id: str
    started_at: str
    ended_at: str = ""
    stays: list[Stay] = field(default_factory=list)


@dataclass(slots=True)
class Space:
    id: str
    code: str
    config: dict[str, Any]
    conferences: list[Conference] = field(default_factory=list)


def happen(space: Space, happening: str, name: str, at: str) -> tuple[Conference, Stay | None]:
    """Let it happen; the conference, and the session of who comes or leaves."""
    running = [each for each in space.conferences if not each.ended_at]
    if not running:
        running = [Conference(secrets.token_hex(8), at)]
        space.conferences += running
    conference = running[0]
    if happening == "ended":
        conference.ended_at = at
        for each in conference.stays:
            each.ended_at = each.ended_at or at
    if happening in {"started", "ended"}:
        return conference, None
    staying = [each for each in conference.stays if each.name == name and not each.ended_at]
    if happening == "left" and staying:
        staying[-1].ended_at = at
        return conference, staying[-1]
    stay = Stay(name, f"p{zlib.crc32(name.encode())}", secrets.token_hex(6), at)
    stay.ended_at = at if happening == "left" else ""
    conference.stays.append(stay)
    return conference, stay


def record_wire(space: Space, conference: Conference) -> dict[str, Any]:
    """A conference as the API shows it."""
    return {
        "name": f"conferenceRecords/{conference.id}",
        "space": f"spaces/{space.id}",
        "startTime": conference.started_at,
        **({"endTime": conference.ended_at} if conference.ended_at else {}),
    }
