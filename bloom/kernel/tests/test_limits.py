import asyncio
from uuid import uuid4

import pytest
import redis

from bloom.kernel import db, limits, redis_client
from bloom.kernel.errors import RateLimited, Unavailable


@pytest.fixture
def key():
    return f"test:{uuid4()}"


@pytest.fixture
def redis_down(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(redis_client, "_client", None)


@pytest.fixture
def server(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip("no Redis here")
    yield client
    client.close()


@pytest.mark.usefixtures("server")
class TestLimits:
    def test_a_burst_passes_and_then_it_is_smooth(self, key):
        for _ in range(3):
            limits.limit_check(key, 3, 60)
        with pytest.raises(RateLimited) as refused:
            limits.limit_check(key, 3, 60)
        assert refused.value.retry_after == 20
        limits.limit_check(key + "other", 3, 60)

    def test_a_refused_request_does_not_count(self, key):
        limits.limit_check(key, 1, 60)
        waits = []
        for _ in range(5):
            with pytest.raises(RateLimited) as refused:
                limits.limit_check(key, 1, 60)
            waits.append(refused.value.retry_after)
        assert set(waits) <= {59, 60}

    def test_it_opens_again_at_the_pace_of_the_limit(self, key):
        import time

        for _ in range(2):
            limits.limit_check(key, 2, 0.4)
        with pytest.raises(RateLimited):
            limits.limit_check(key, 2, 0.4)
        time.sleep(0.25)
        limits.limit_check(key, 2, 0.4)
        with pytest.raises(RateLimited):
            limits.limit_check(key, 2, 0.4)

    def test_the_factor_multiplies(self, key, settings):
        settings.RATE_FACTOR = 3
        for _ in range(6):
            limits.limit_check(key, 2, 60)
        with pytest.raises(RateLimited):
            limits.limit_check(key, 2, 60)

    async def test_coroutines_share_the_count(self, key):
        await asyncio.gather(*(limits.alimit_check(key, 4, 60) for _ in range(3)))
        await asyncio.to_thread(limits.limit_check, key, 4, 60)
        with pytest.raises(RateLimited):
            await limits.alimit_check(key, 4, 60)

    def test_redis_never_learns_the_key_and_forgets_it(self, server):
        secret = f"sign_in:{uuid4()}@example.org"
        before = set(server.keys("bloom:limit:*"))
        limits.limit_check(secret, 1, 5)
        (made,) = set(server.keys("bloom:limit:*")) - before
        assert secret.encode() not in made
        assert 0 < server.pttl(made) <= 5001

    def test_not_inside_a_transaction(self, key, db_transaction):
        with pytest.raises(db.NetworkInTransaction):
            db_transaction(lambda: limits.limit_check(key, 1, 60))


@pytest.fixture
def db_transaction(db):
    from bloom.kernel.db import transactional

    return lambda body: transactional(body)()


@pytest.mark.usefixtures("redis_down")
class TestWithoutRedis:
    def test_open_unless_told_otherwise(self, key):
        limits.limit_check(key, 1, 60)
        limits.limit_check(key, 1, 60)
        with pytest.raises(Unavailable):
            limits.limit_check(key, 1, 60, closed=True)

    async def test_for_coroutines_too(self, key):
        await limits.alimit_check(key, 1, 60)
        with pytest.raises(Unavailable):
            await limits.alimit_check(key, 1, 60, closed=True)


def test_a_limit_of_nothing_is_a_mistake(key):
    with pytest.raises(ValueError):
        limits.limit_check(key, 0, 60)
