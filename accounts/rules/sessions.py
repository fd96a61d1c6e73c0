"""How long a session lasts."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from accounts.types import SessionOver

Limits = tuple[timedelta, timedelta]


def session_limits(limits: Mapping[str, Limits], roles: Iterable[str]) -> Limits:
    """How long a session of somebody with these roles lasts unused, and altogether.

    The strictest of their roles decides; `limits[""]` is for people without any.
    """
    held = [limits[role] for role in roles if role in limits] or [limits[""]]
    return min(idle for idle, _whole in held), min(whole for _idle, whole in held)


def session_over(
    started_at: datetime | None, seen_at: datetime | None, limits: Limits, at: datetime
) -> SessionOver | None:
    """Why a session is over at `at`; None while it lasts. One of which nobody knows the beginning is over."""
    idle, whole = limits
    if started_at is None or at >= started_at + whole:
        return SessionOver.OLD
    if seen_at is None or at >= seen_at + idle:
        return SessionOver.IDLE
    return None
