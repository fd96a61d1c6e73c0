"""The check of an upload: once, one of each person at a time, and to its end whatever breaks."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from bloom.files import confined, errors, selectors, services
from bloom.files.models import Upload
from bloom.files.tests.test_uploads import AT, SYSTEM, ask, receive, row, somebody, upload
from bloom.files.types import UploadState
from bloom.kernel import clock
from bloom.kernel.errors import NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


def test_what_has_not_arrived_cannot_be_completed():
    actor = somebody()
    with pytest.raises(errors.UploadMissing):
        services.upload_complete(actor, ask(actor).upload.id, at=AT)


def test_completing_twice_is_once():
    actor = somebody()
    ready = upload(actor)
    assert services.upload_complete(actor, ready.id, at=AT).state is UploadState.READY


def test_a_check_that_breaks_is_made_again_and_given_up_in_the_end(monkeypatch):
    actor = somebody()
    asked = ask(actor)
    receive(asked)
    services.upload_complete(actor, asked.upload.id, at=AT)
    monkeypatch.setattr(confined, "examine", _broken)
    for number in range(5):
        services.upload_check(SYSTEM, asked.upload.id, at=clock.now() + timedelta(hours=number))
        assert row(asked.upload.id).state == UploadState.CHECKING
    services.upload_check(SYSTEM, asked.upload.id, at=clock.now() + timedelta(hours=9))
    assert row(asked.upload.id).fault == "unchecked"


def _broken(*_, **__):
    raise confined.CheckBroken


def test_a_worker_that_died_does_not_keep_its_upload():
    actor = somebody()
    asked = ask(actor)
    receive(asked)
    services.upload_complete(actor, asked.upload.id, at=AT)
    services.checking._claim(upload_id=asked.upload.id, at=AT)
    services.upload_check(SYSTEM, asked.upload.id, at=AT + timedelta(minutes=1))
    assert row(asked.upload.id).state == UploadState.CHECKING
    services.uploads_check(SYSTEM, at=AT + timedelta(minutes=3))
    assert row(asked.upload.id).state == UploadState.READY


def _waiting(actor):
    asked = ask(actor)
    receive(asked)
    services.upload_complete(actor, asked.upload.id, at=AT)
    return asked.upload.id


def test_of_each_person_one_is_looked_at_at_a_time():
    heap, other = somebody(), somebody()
    first, second, third = _waiting(heap), _waiting(heap), _waiting(other)
    claim = services.checking._claim
    assert claim(upload_id=first, at=AT).id == first
    assert claim(upload_id=second, at=AT) is None
    assert claim(at=AT).id == third
    assert claim(at=AT) is None
    # Whoever took the first has died.
    assert claim(at=AT + timedelta(minutes=3)) is not None


def test_the_job_of_one_goes_on_with_what_its_person_sent_meanwhile():
    actor = somebody()
    first, second, third = _waiting(actor), _waiting(actor), _waiting(somebody())
    services.upload_check(SYSTEM, first, at=AT)
    assert [row(each).state for each in (first, second, third)] == ["ready", "ready", "checking"]


def test_the_job_takes_each_with_a_time_of_its_own_and_ends(monkeypatch):
    ids = [_waiting(somebody()) for _ in range(3)]
    seconds = iter([0, 15, 25])
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    taken = []
    monkeypatch.setattr(
        services.checking, "_check", lambda actor, row, at: taken.append((row.id, row.due_at))
    )
    assert services.uploads_check(SYSTEM, at=AT) == 2
    lease = services.checking.LEASE
    assert [due for _, due in taken] == [AT + lease, AT + timedelta(seconds=15) + lease]
    assert len({each for each, _ in taken}.intersection(ids)) == 2


def test_a_job_whose_time_is_over_ends(monkeypatch):
    waits = _waiting(somebody())
    monkeypatch.setattr(confined, "examine", _over)
    with pytest.raises(SoftTimeLimitExceeded):
        services.upload_check(SYSTEM, waits, at=AT)
    assert row(waits).state == UploadState.CHECKING


def _over(*_, **__):
    raise SoftTimeLimitExceeded


def test_what_was_dropped_during_its_check_is_removed(monkeypatch, storage):
    actor = somebody()
    asked = ask(actor)
    receive(asked)
    services.upload_complete(actor, asked.upload.id, at=AT)
    look = confined.examine

    def dropping(*given, **how):
        services.upload_drop(actor, asked.upload.id, at=AT)
        return look(*given, **how)

    monkeypatch.setattr(confined, "examine", dropping)
    services.uploads_check(SYSTEM, at=AT)
    with pytest.raises(NotFound):
        selectors.upload_get(actor, asked.upload.id)
    services.files_sweep(SYSTEM, at=AT + timedelta(hours=25))
    assert not [path for path in storage.rglob("*") if path.is_file()]
    assert not Upload.objects.unscoped(reason="test").exists()
