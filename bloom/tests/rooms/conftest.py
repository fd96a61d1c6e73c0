"""An appointment by video whose room is open, and rooms that end with the test."""

import pytest
from asgiref.sync import SyncToAsync
from django.db import connections

from bloom.tests.rooms.guests import rooms_drop
from scheduling.tests import factories, video


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(autouse=True)
def no_room_outlives_the_test():
    rooms_drop()
    yield
    rooms_drop()


@pytest.fixture
def desk(transactional_db, settings):
    settings.RATE_FACTOR = 100
    return factories.desk()


@pytest.fixture
def appointment(desk):
    made = video.room_of(desk)
    video.ready(desk, made)
    return made
