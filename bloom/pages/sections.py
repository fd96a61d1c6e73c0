"""The sections of the settings, and who has them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.pages.rooms import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Room):
    """A page of the settings; `hint` says what one finds there."""

    hint: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sections under one title."""

    title: Any
    sections: tuple[Section, ...]


_THERAPIST = frozenset({"therapist"})
_PATIENT = frozenset({"patient"})

# A section appears as soon as its page has been built.
GROUPS = (
    Group(
        title=_("You"),
        sections=(
            Section(
                key="profile",
                label=_("Profile"),
                path="/settings/profile/",
                icon="user-round",
                hint=_("Name, pronouns, photo, time zone"),
            ),
            Section(
                key="listing",
                label=_("Directory entry"),
                path="/settings/listing/",
                icon="stethoscope",
                roles=_THERAPIST,
                hint=_("What people see who look for a therapist"),
            ),
            Section(
                key="away",
                label=_("Time away"),
                path="/settings/away/",
                icon="calendar",
                roles=_THERAPIST,
                hint=_("Days on which you read no messages"),
            ),
            Section(
                key="reminders",
                label=_("Reminders"),
                path="/settings/reminders/",
                icon="clock",
                roles=_PATIENT,
                hint=_("How long before an appointment"),
            ),
            Section(
                key="calendar",
                label=_("Your calendar"),
                path="/settings/calendar/",
                icon="calendar-days",
                hint=_("Appointments in the calendar of your phone"),
            ),
            Section(
                key="practices",
                label=_("Practices"),
                path="/settings/practices/",
                icon="house",
                hint=_("Where you work, and with whom"),
                in_practice=True,
            ),
            Section(
                key="notifications",
                label=_("Notifications"),
                path="/settings/notifications/",
                icon="bell",
                hint=_("What Bloom tells you, and how"),
            ),
            Section(
                key="appearance",
                label=_("Appearance"),
                path="/settings/appearance/",
                icon="sun",
                hint=_("Light or dark"),
            ),
        ),
    ),
    Group(
        title=_("Getting in"),
        sections=(
            Section(
                key="email",
                label=_("Email address"),
                path="/settings/email/",
                icon="mail",
                hint=_("Where you sign in and get mail"),
            ),
            Section(
                key="password",
                label=_("Password"),
                path="/accounts/password/change/",
                icon="lock",
                hint=_("Choose a new one"),
            ),
            Section(
                key="security",
                label=_("Passkeys and codes"),
                path="/settings/security/",
                icon="key-round",
                hint=_("Passkeys, authenticator app, recovery codes"),
            ),
            Section(
                key="connected",
                label=_("Connected accounts"),
                path="/settings/connected/",
                icon="log-in",
                hint=_("Sign in with Google or Zoom"),
            ),
            Section(
                key="sessions",
                label=_("Signed-in devices"),
                path="/settings/sessions/",
                icon="monitor",
                hint=_("Where your account is open now"),
            ),
            Section(
                key="activity",
                label=_("Sign-in activity"),
                path="/settings/activity/",
                icon="activity",
                hint=_("What has happened to your way in"),
            ),
            Section(
                key="tokens",
                label=_("API tokens"),
                path="/settings/tokens/",
                icon="terminal",
                hint=_("For programs that work for you"),
            ),
        ),
    ),
    Group(
        title=_("Your data"),
        sections=(
            Section(
                key="data",
                label=_("A copy of your data"),
                path="/settings/data/",
                icon="file-text",
                hint=_("Everything of yours, to take along"),
            ),
            Section(
                key="video",
                label=_("Sessions by video"),
                path="/settings/video/",
                icon="video",
                roles=frozenset({"patient"}),
                hint=_("What you have agreed to"),
            ),
            Section(
                key="close",
                label=_("Close the account"),
                path="/settings/close/",
                icon="log-out",
                hint=_("What ends, what stays, and when"),
            ),
        ),
    ),
)


def groups_of(actor: Actor) -> tuple[Group, ...]:
    """The sections that this actor has, in their groups."""
    open_to = (
        Group(title=group.title, sections=tuple(each for each in group.sections if each.is_open_to(actor)))
        for group in GROUPS
    )
    return tuple(group for group in open_to if group.sections)
