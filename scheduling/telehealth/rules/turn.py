"""What lets one browser use the TURN server for a while: coturn's REST scheme (use-auth-secret). Pure.

The user name is the moment at which it ends, in seconds since 1970, and a mark; the password is the
HMAC-SHA1 of that with the secret that the server shares with Bloom. So the server believes it without
asking, until then.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

# A browser asks again with every sign of life; the server ends what it has allocated ten minutes later.
LASTS: Final = timedelta(minutes=30)
_MARK: Final = 16


@dataclass(frozen=True, slots=True)
class TurnPass:
    """A name and a password for the TURN server, until `ends_at`. Not shown by repr."""

    username: str
    credential: str
    ends_at: datetime

    def __repr__(self) -> str:
        return f"TurnPass({self.ends_at.isoformat()})"


def turn_pass(
    secret: str, *, appointment_id: UUID, person_id: UUID, at: datetime, room_closes_at: datetime
) -> TurnPass:
    """One person's for one appointment: its mark tells the operator nothing of either, and is another for
    anybody else. It ends with the room at the latest.
    """
    ends_at = min(at + LASTS, max(room_closes_at, at))
    said = f"room {appointment_id} {person_id}".encode()
    mark = hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()[:_MARK]
    username = f"{int(ends_at.timestamp())}:{mark}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return TurnPass(username, base64.b64encode(digest).decode(), ends_at)


def ice_servers(stun: Sequence[str], turn: Sequence[str], given: TurnPass | None) -> list[dict[str, Any]]:
    """As RTCPeerConnection takes them."""
    servers: list[dict[str, Any]] = []
    if stun:
        servers.append({"urls": list(stun)})
    if turn and given is not None:
        servers.append({"urls": list(turn), "username": given.username, "credential": given.credential})
    return servers
