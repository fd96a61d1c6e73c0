"""A copy of one's own data: asked for, made by the worker, fetched, and gone after its time."""

import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import BinaryIO, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import archive, errors, events, exports, notice_kinds, selectors
from accounts.models import DataExport, User
from accounts.services.factors import factor_check
from accounts.services.notices import notice_send
from accounts.types import ExportState, ExportView, RoleName
from bloom.kernel import limits, vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import network_check, transactional
from bloom.kernel.errors import Invalid, NotFound
from bloom.kernel.events import Event
from bloom.kernel.registry import CopyAbout
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


def copy_ask(actor: Actor, topic: str, about_id: UUID, form: str, *, at: datetime) -> ExportView:
    """A copy of one thing that the actor sees will be made, as registry.copy_topic knows it.

    Raises NotFound, Invalid, ExportUnderWay, RateLimited and FreshFactorNeeded.
    """
    known = selectors.copy_topic(topic)
    known.title(actor, about_id)
    if form not in known.formats:
        raise Invalid(errors={"format": [_("Please choose from the list.")]})
    limits.limit_check(f"accounts.copy:{actor.require_user()}", settings.COPIES_PER_DAY, 86_400)
    return _export_ask(actor, topic=topic, about_id=about_id, form=form, at=at)


@transactional(constraints={"export_one_at_a_time": errors.ExportUnderWay})
def _export_ask(
    actor: Actor, *, topic: str = "", about_id: UUID | None = None, form: str = "", at: datetime
) -> ExportView:
    factor_check(actor, at=at)
    export = DataExport.objects.create(
        user_id=actor.require_user(),
        practice_id=actor.practice_id,
        topic=topic,
        about_id=about_id,
        format=form,
        state=ExportState.ASKED,
        asked_at=at,
    )
    asked = events.ExportAsked(
        object_id=export.id, subject_id=export.user_id, topic=topic or None, about_id=about_id
    )
    _record(actor, _placed(asked, export), at)
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
    if export.topic:
        # Who sees the thing no more gets no copy of it either.
        known = selectors.copy_topic(export.topic)
        known.title(actor, export.about_id)
        known.fetched(actor, export.about_id, at)
    fetched = events.ExportFetched(
        object_id=export.id, subject_id=export.user_id, topic=export.topic or None, about_id=export.about_id
    )
    _record(actor, _placed(fetched, export), at)
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
    # As the person themselves would see it where they asked for it, and never as staff, who see others.
    held = selectors.roles_of(Actor.for_system("exports"), [person.id]).get(person.id, frozenset())
    owner = Actor(
        user_id=person.id,
        via=Via.JOB,
        roles=held & {RoleName.PATIENT.value, RoleName.THERAPIST.value},
        practice_id=selectors.practice_kept(person.id, export.practice_id),
    )
    # On the disk lie only sealed pieces, and in memory not more than one.
    with tempfile.TemporaryFile() as file, translation.override(person.locale):
        # With their key, of whom it tells: once that is destroyed, no copy opens either.
        about = _about(export)
        subject_id = person.id if about is None else about.subject_id
        out = archive.SealedWriter(cast(BinaryIO, file), subject_id, export.id)
        zone = ZoneInfo(person.time_zone)
        if export.topic:
            form = selectors.copy_topic(export.topic).formats[export.format]
            form.write(out, owner, export.about_id, name=person.shown_name, zone=zone, at=at)
        else:
            exports.zip_write(out, owner, name=person.name, zone=zone, at=at)
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
        made = making.get(id=export_id)
        person_id = made.user_id
        event = events.ExportMade(object_id=export_id, subject_id=person_id, size=size)
        event_id = _record(actor, _placed(event, made), at)
        notice_send(
            actor,
            notice_kinds.SECURITY,
            "copy_ready" if made.topic else "export_ready",
            [person_id],
            event_id=event_id,
            params={
                "until": at + settings.EXPORT_LASTS,
                **({"topic": made.topic, "about": made.about_id} if made.topic else {}),
            },
            at=at,
        )
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
    _record(actor, _placed(event(object_id=export.id, subject_id=export.user_id), export), at)


def _about(export: DataExport) -> CopyAbout | None:
    """Whom a copy of one thing tells of; None for a copy of one's own data, and of a thing that is gone."""
    if not export.topic:
        return None
    try:
        return selectors.copy_topic(export.topic).about(export.about_id)
    except NotFound:
        return None


def _placed(event: Event, export: DataExport) -> Event:
    """On the record of whom the copy tells of, and of their practice, whoever asked for it."""
    about = _about(export)
    if about is None:
        return event
    return replace(event, subject_id=about.subject_id, practice_id=about.practice_id)


def _record(actor: Actor, event: Event, at: datetime) -> UUID:
    return observability_services.event_record(actor, event, at=at)
