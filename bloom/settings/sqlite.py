"""Everything on SQLite in memory and no Redis: messaging and what it needs, on a laptop in a train."""

import dj_database_url

from bloom.settings import *  # noqa: F403

# Said after the import: this module's package has read the environment by now.
DATABASES = {"default": dj_database_url.parse("sqlite://:memory:")}
REDIS_URL = CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CELERY_TASK_ALWAYS_EAGER = True
