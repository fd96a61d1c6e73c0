"""How often a page looks whether a meeting is there. Pure."""

from typing import Final

# Most are there at the first look; a vendor that is down may stay so for days, which no page waits out.
_WAITS: Final = (4, 4, 6, 10, 15, 30, 30, 60, 60, 60)


def look_after(looks: int) -> int | None:
    """In how many seconds a page that has looked so often by itself looks again; None after some five
    minutes: then its person asks.
    """
    return _WAITS[looks] if 0 <= looks < len(_WAITS) else None
