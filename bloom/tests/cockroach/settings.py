"""Bloom's settings with CockroachDB's SQL."""

from bloom.settings import *  # noqa: F403
from bloom.settings import DATABASES

DATABASES["default"]["ENGINE"] = "bloom.tests.cockroach"
DATABASES["default"].pop("OPTIONS", None)
DISABLE_COCKROACHDB_TELEMETRY = True
