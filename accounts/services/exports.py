"""A copy of one's own data: asked for, made by the worker, fetched, and gone after its time."""

import tempfile
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import translation

from accounts import archive, errors, events, exports, selectors
from accounts.models import DataExport, User
from accounts.services.factors import factor_check
from accounts.types import ExportState, ExportView, RoleName
from bloom.kernel import limits, vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import network_check, transactional
from bloom.kernel.errors import NotFound
from bloom.kernel.events import Event
from observability import logs
from observability import services as observability_services

logger = logs.get_logger(__name__)

_TRIES = 3
# A worker that has not finished by then is dead.
_PATIENCE = timedelta(minutes=15)


def export_ask(actor: Actor, *, at: datetime) -> ExportView:
    """A copy of the actor's own data will be made. Raises ExportUnderWay, RateLimited, FreshFactorNeeded."""
    limits.limit_check(f"accounts.export:{actor.require_user()}", settings.EXPORTS_PER_DAY, 86_400)
    return _export_ask(actor, at=at)


@transactional(constraints={"export_one_at_a_time": errors.ExportUnderWay})
def _export_ask(actor: Actor, *, at: datetime) -> ExportView:
    factor_check(actor, at=at)
    export = DataExport.objects.create(user_id=actor.require_user(), state=ExportState.ASKED, asked_at=at)
    _record(actor, events.ExportAsked(object_id=export.id, subject_id=export.user_id), at)
    return selectors.export_view(export)


def exports_run(actor: Actor, *, at: datetime) -> list[UUID]:
    """Make the copies that wait, and remove those whose time is over. Whose copies are ready now."""
    ready = []
    while (export := _claim(actor, at=at)) is not None:
        try:
            name, size = _store(export, at)
        except Exception:
            logger.exception("accounts.export_failed")
            _give_up(actor, export.id, at=at)
        else:
            if _finish(actor, export.id, name, size, at=at):
                ready.append(export.user_id)
            else:
                default_storage.delete(name)
    for gone in _expire(actor, at=at):
        default_storage.delete(gone)
    return ready


def export_fetch(actor: Actor, export_id: UUID, *, at: datetime) -> Iterator[bytes]:
    """The zip of one's own copy, a piece at a time, while its link lasts; on record.

    Raises NotFound, also for a file that is lost or was altered.
    """
    export = _fetched(actor, export_id, at=at)
    network_check("a stored file")
    try:
        file = cast(BinaryIO, default_storage.open(export.file, "rb"))
        pieces = archive.sealed_read(file, export.id)
        first = next(pieces)
    except (FileNotFoundError, vault.VaultError) as error:
        logger.exception("accounts.export_broken")
        raise NotFound(object_kind=events.EXPORT, object_id=export_id) from error
    return _pieces(file, first, pieces)


def _pieces(file: BinaryIO, first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    with file:
        yield first
        yield from pieces


@transactional
def _fetched(actor: Actor, export_id: UUID, *, at: datetime) -> DataExport:
    export = DataExport.objects.visible_to(actor).get_or_refuse(pk=export_id)
    if export.state != ExportState.READY or export.expires_at is None or at >= export.expires_at:
        raise NotFound(object_kind=events.EXPORT, object_id=export_id)
    _record(actor, events.ExportFetched(object_id=export.id, subject_id=export.user_id), at)
    return export


@transactional
def _claim(actor: Actor, *, at: datetime) -> DataExport | None:
    waiting = DataExport.objects.unscoped(reason="the worker takes up what was asked for")
    due = waiting.filter(state=ExportState.ASKED) | waiting.filter(
        state=ExportState.MAKING, begun_at__lt=at - _PATIENCE
    )
    export = due.select_for_update(skip_locked=True).order_by("asked_at", "id").first()
    if export is None:
        return None
    if export.tries >= _TRIES:
        # It takes its worker along each time.
        _over(actor, export, ExportState.FAILED, events.ExportFailed, at)
        return _claim(actor, at=at)
    export.state, export.begun_at, export.tries = ExportState.MAKING, at, export.tries + 1
    export.save(update_fields=["state", "begun_at", "tries"])
    return export


def _store(export: DataExport, at: datetime) -> tuple[str, int]:
    person = User.objects.get(id=export.user_id)
    # As the person themselves would see it, in no practice in particular, and never as staff, who see others.
    held = selectors.roles_of(Actor.for_system("exports"), [person.id]).get(person.id, frozenset())
    owner = Actor(
        user_id=person.id, via=Via.JOB, roles=held & {RoleName.PATIENT.value, RoleName.THERAPIST.value}
    )
    # On the disk lie only sealed pieces, and in memory not more than one.
    with tempfile.TemporaryFile() as file, translation.override(person.locale):
        out = archive.SealedWriter(cast(BinaryIO, file), person.id, export.id)
        exports.zip_write(out, owner, name=person.name, zone=ZoneInfo(person.time_zone), at=at)
        out.close()
        file.seek(0)
        return default_storage.save(f"exports/{uuid.uuid4().hex}", File(file)), out.size


@transactional
def _finish(actor: Actor, export_id: UUID, name: str, size: int, *, at: datetime) -> bool:
    """False when somebody else made it meanwhile."""
    making = DataExport.objects.unscoped(reason="the worker notes what it made")
    done = making.filter(id=export_id, state=ExportState.MAKING, file="").update(
        state=ExportState.READY, file=name, size=size, made_at=at, expires_at=at + settings.EXPORT_LASTS
    )
    if done:
        person_id = making.values_list("user_id", flat=True).get(id=export_id)
        _record(actor, events.ExportMade(object_id=export_id, subject_id=person_id, size=size), at)
    return bool(done)


@transactional
def _give_up(actor: Actor, export_id: UUID, *, at: datetime) -> None:
    rows = DataExport.objects.unscoped(reason="the worker notes that it could not")
    export = rows.select_for_update().get(id=export_id)
    if export.tries >= _TRIES:
        _over(actor, export, ExportState.FAILED, events.ExportFailed, at)


@transactional
def _expire(actor: Actor, *, at: datetime) -> list[str]:
    rows = DataExport.objects.unscoped(reason="the sweep removes what is over")
    over = list(rows.select_for_update().filter(state=ExportState.READY, expires_at__lte=at))
    for export in over:
        _over(actor, export, ExportState.GONE, events.ExportGone, at)
    return [export.file for export in over]


def exports_drop(actor: Actor, user_id: UUID, *, at: datetime) -> None:
    """All copies of a person are over: the sweep removes the files."""
    rows = DataExport.objects.unscoped(reason="an account is closed")
    rows.filter(user_id=user_id, state=ExportState.READY).update(expires_at=at)
    rows.filter(user_id=user_id, state__in=[ExportState.ASKED, ExportState.MAKING]).delete()


def _over(actor: Actor, export: DataExport, state: ExportState, event: type[Event], at: datetime) -> None:
    export.state = state
    export.save(update_fields=["state"])
    _record(actor, event(object_id=export.id, subject_id=export.user_id), at)


def _record(actor: Actor, event: Event, at: datetime) -> None:
    observability_services.event_record(actor, event, at=at)
