"""The environment, read once. Test runs get known keys where none are given."""

import os

from bloom import env

ENVIRONMENT = env.read(
    {**env.TEST_DEFAULTS, **os.environ} if os.environ.get("BLOOM_ENV") == "test" else os.environ
)
