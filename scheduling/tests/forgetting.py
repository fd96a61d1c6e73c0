"""Redis as it is after it has lost what it held."""

import redis
from django.conf import settings

from scheduling import holds


def holds_flush() -> None:
    """Forget what this test holds; of Redis nothing else goes."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(f"{holds._PREFIX}*", count=1000):
        client.delete(key)
