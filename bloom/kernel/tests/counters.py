"""Services that count up, and fail when a test wants it."""

import psycopg
from django.db import OperationalError

from bloom.kernel import db
from bloom.kernel.tests.tables import Counter


def conflict():
    error = OperationalError("could not serialize access")
    error.__cause__ = psycopg.errors.SerializationFailure()
    return error


def value(name="a"):
    return Counter.objects.get(name=name).value


def failing(times, error=conflict):
    """A service that counts up, then fails so many times."""
    tries = []

    @db.transactional
    def service():
        tries.append(1)
        counter = Counter.objects.select_for_update().get(name="a")
        counter.value += 1
        counter.save()
        if len(tries) <= times:
            raise error()
        return counter.value

    service.tries = tries
    return service
