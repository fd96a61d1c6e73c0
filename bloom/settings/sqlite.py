"""Everything on SQLite in memory and no Redis: messaging and what it needs, on a laptop in a train."""

import os

os.environ.setdefault("BLOOM_ENV", "test")
os.environ["DATABASE_URL"] = "sqlite://:memory:"
os.environ["DATABASE_OWNER_URL"] = ""
os.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"

from bloom.settings import *  # noqa: F403

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CELERY_TASK_ALWAYS_EAGER = True
