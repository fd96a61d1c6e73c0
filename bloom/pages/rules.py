"""Pure: the words that follow from an hour or a role."""

from datetime import datetime

ORDER = ("therapist", "patient", "support", "admin")


def part_of_day(local: datetime) -> str:
    """`morning` until noon, `afternoon` until six, `evening` until ten, else `night`."""
    hour = local.hour
    if 5 <= hour < 12:
        return "morning"
    if 12 <= hour < 18:
        return "afternoon"
    if 18 <= hour < 22:
        return "evening"
    return "night"


def foremost(roles: frozenset[str]) -> str:
    """The role whose first page a person sees; nothing for nobody."""
    return next((role for role in ORDER if role in roles), "")
