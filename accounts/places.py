"""Where an address roughly is, by a database on this machine; without one, nobody is asked."""

from functools import cache
from typing import Any

import maxminddb
from django.conf import settings


def place_of(ip: str | None) -> str:
    """City and country, as far as BLOOM_PLACES_FILE (the GeoIP2 City format) knows them; else ""."""
    database = _database()
    if database is None or not ip:
        return ""
    found = database.get(ip)
    if not isinstance(found, dict):
        return ""
    names = [found.get(part, {}).get("names", {}).get("en", "") for part in ("city", "country")]
    return ", ".join(name for name in names if name)


@cache
def _database() -> Any:
    path = settings.PLACES_FILE
    return maxminddb.open_database(path) if path else None
