"""Time zones: which there are, and the one list from which one is chosen."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import rules

# What people in the United States call theirs.
_US = {
    "America/New_York": _("Eastern Time (New York)"),
    "America/Chicago": _("Central Time (Chicago)"),
    "America/Denver": _("Mountain Time (Denver)"),
    "America/Phoenix": _("Arizona (Phoenix)"),
    "America/Los_Angeles": _("Pacific Time (Los Angeles)"),
    "America/Anchorage": _("Alaska (Anchorage)"),
    "Pacific/Honolulu": _("Hawaii (Honolulu)"),
    "America/Puerto_Rico": _("Puerto Rico (San Juan)"),
}


def time_zone_choices(own: str = "") -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The zone that somebody has, those of the United States by the names that people use, and the rest by
    region; each once. One that goes by an old name stays what it is until another is chosen.
    """
    groups: list[tuple[Any, list[tuple[str, Any]]]] = [(_("United States"), list(_US.items()))]
    groups += [(region, list(zones)) for region, zones in rules.time_zones_by_region()]
    groups.append((_("Everywhere"), [("UTC", "UTC")]))
    if own:
        groups.insert(0, (_("Yours now"), [(own, _US.get(own) or rules.time_zone_place(own))]))
    seen: set[str] = set()
    found = []
    for title, zones in groups:
        left = [(name, label) for name, label in zones if name not in seen]
        seen.update(name for name, _label in left)
        if left:
            found.append((title, left))
    return found


def time_zone_is_known(name: str) -> bool:
    """Is this the name of one?"""
    return rules.time_zone_is_known(name)
