"""Reads of telehealth, by noun."""

from scheduling.telehealth.selectors.meetings import (
    NEWS_MOST,
    credential_view,
    meeting_get,
    meeting_of,
    news_of,
    video_accounts,
)
from scheduling.telehealth.selectors.rooms import (
    arrival_facts,
    arrival_last,
    arrival_list,
    arrival_place,
    arrival_told_at,
    consent_holds,
    consent_list,
    room_of,
)

__all__ = [
    "NEWS_MOST",
    "arrival_facts",
    "arrival_last",
    "arrival_list",
    "arrival_place",
    "arrival_told_at",
    "consent_holds",
    "consent_list",
    "credential_view",
    "meeting_get",
    "meeting_of",
    "news_of",
    "room_of",
    "video_accounts",
]
