"""The database and Redis. The web's role owns no table; commands that change the schema use the owner's."""

import os
import sys

import dj_database_url

from bloom.settings.environment import ENVIRONMENT

# The commands that need to own tables. `bin/manage` runs them like any other command.
OWNER_COMMANDS = {"migrate", "sqlmigrate", "makemigrations", "database_grants", "flush", "dbshell"}

_as_owner = bool(ENVIRONMENT.database_owner_url) and (
    os.environ.get("BLOOM_DATABASE_ROLE") == "owner" or (len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS)
)

# Whom `manage.py database_grants` grants the web's work to.
DATABASE_ROLE = dj_database_url.parse(ENVIRONMENT.database_url).get("USER", "")
DATABASES = {
    "default": dj_database_url.parse(
        ENVIRONMENT.database_owner_url if _as_owner else ENVIRONMENT.database_url,
        conn_max_age=60,
        conn_health_checks=True,
    )
}

if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # The network says nothing of a server that is gone, or of a connection that something between us forgot:
    # without a bound, whoever speaks to it waits for a quarter of an hour. Seconds, and milliseconds.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        **DATABASES["default"].get("OPTIONS", {}),
    }
    # Nobody waits for a page any longer than this; jobs and commands take their time. It is the web's process
    # when the web's root is what asks for the settings.
    if "bloom.asgi" in sys.modules:
        DATABASES["default"]["OPTIONS"]["options"] = "-c statement_timeout=30s"

REDIS_URL = ENVIRONMENT.redis_url
CACHES = {
    "default": {
        "BACKEND": "bloom.kernel.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "bloom",
    }
}

# For library code that expects a layer. Bloom's own delivery goes by bloom.realtime.hub.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # redis-py's own five seconds would end every idle subscription.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "bloom"},
    }
}
