"""What kind of browser and device a User-Agent header names, as people would say it."""

from functools import lru_cache

import ua_parser
from django.utils.translation import gettext as _

# Families whose name says less than that of the device.
_BY_DEVICE = frozenset({"iOS", "iPadOS"})


def device_words(header: str) -> str:
    """Such as "Firefox on Windows" or "Mobile Safari on iPhone"; the header is only what a client claims."""
    return parts_words(*device_parts(header))


def parts_words(browser: str, system: str) -> str:
    """The same of the two parts."""
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("An unknown device")


@lru_cache(maxsize=1024)
def device_parts(header: str) -> tuple[str, str]:
    """The families of the browser and of the system, each "" where it is not known."""
    found = ua_parser.parse(header)
    system = found.os.family if found.os else ""
    if system in _BY_DEVICE and found.device:
        system = found.device.family
    return (found.user_agent.family if found.user_agent else ""), system
