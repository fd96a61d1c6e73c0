import pytest

from bloom.kernel import db
from bloom.kernel.tests import tables
from bloom.kernel.tests.tables import Counter


@pytest.fixture
def counter(db):
    tables.create(Counter)
    return Counter.objects.create(name="a")


@pytest.fixture
def committed_counters(transactional_db):
    with tables.created(Counter):
        Counter.objects.bulk_create([Counter(name="a", value=1), Counter(name="b", value=1)])
        yield


@pytest.fixture
def no_waiting(monkeypatch):
    waits = []
    monkeypatch.setattr(db.time, "sleep", waits.append)
    return waits
