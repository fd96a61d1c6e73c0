"""Writes of telehealth, by noun."""

from scheduling.telehealth.services.attending import meeting_begin
from scheduling.telehealth.services.consenting import (
    arrival_open,
    arrival_tell,
    arrivals_forget,
    consent_give,
    consent_withdraw,
)
from scheduling.telehealth.services.credentials import (
    credential_leave,
    credential_remove,
    credential_save,
    credential_test,
    video_choose,
)
from scheduling.telehealth.services.following import meeting_follow, meetings_catch_up
from scheduling.telehealth.services.hooks import deliveries_forget, meet_hook_take, zoom_hook_take
from scheduling.telehealth.services.joining import meeting_open
from scheduling.telehealth.services.placing import deliveries_place
from scheduling.telehealth.services.rooms import (
    room_admit,
    room_close,
    room_end,
    room_join,
    room_leave,
    room_signal,
    room_state,
    rooms_sweep,
    sessions_end,
    state_of,
)
from scheduling.telehealth.services.running import meetings_run

__all__ = [
    "arrival_open",
    "arrival_tell",
    "arrivals_forget",
    "consent_give",
    "consent_withdraw",
    "credential_leave",
    "credential_remove",
    "credential_save",
    "credential_test",
    "deliveries_forget",
    "deliveries_place",
    "meet_hook_take",
    "meeting_begin",
    "meeting_follow",
    "meeting_open",
    "meetings_catch_up",
    "meetings_run",
    "room_admit",
    "room_close",
    "room_end",
    "room_join",
    "room_leave",
    "room_signal",
    "room_state",
    "rooms_sweep",
    "sessions_end",
    "state_of",
    "video_choose",
    "zoom_hook_take",
]
