"""Closed by default: a private model's rows cannot be read before it is said for whom, or why for nobody.

    class Message(PrivateModel):
        conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+")

        @classmethod
        def visibility(cls, actor: Actor) -> Q:
            mine = Member.objects.unscoped(reason="visibility").filter(
                conversation=OuterRef("conversation"), user_id=actor.user_id
            )
            return Q(Exists(mine))

    Message.objects.visible_to(actor).get_or_refuse(pk=message_id)
    Message.objects.unscoped(reason="retention sweep").filter(sent_at__lt=limit)
    Message.objects.count()  # UnscopedQuery

The check sits where Django turns a query into SQL, so every way to evaluate one passes it: also inside a
subquery, a union, or a prefetch. Creating and saving instances is writing and stays open.
"""

import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NoReturn, Self, TypeVar
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.db.models import sql
from django.db.models.constants import LOOKUP_SEP
from django.db.models.query import Prefetch, RawQuerySet

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound

M = TypeVar("M", bound="PrivateModel")


class UnscopedQuery(RuntimeError):
    """A private table was about to be read without saying for whom."""


class Scope(StrEnum):
    """How far a query of a private model is open."""

    CLOSED = "closed"
    VISIBLE = "visible"
    UNSCOPED = "unscoped"


def _refuse(model: type[models.Model], what: str = "was about to run") -> NoReturn:
    raise UnscopedQuery(
        f"a query of {model.__name__} {what}: "
        "say .visible_to(actor), or .unscoped(reason=...) with a reason that a reviewer accepts"
    )


class PrivateQuery(sql.Query):
    """Carries the scope through every clone; becomes SQL only when it is open."""

    scope = Scope.CLOSED

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        if self.scope is Scope.CLOSED and not self.is_empty():
            assert self.model is not None
            _refuse(self.model)
        return super().get_compiler(*args, **kwargs)


class PrivateQuerySet(models.QuerySet[M, M]):
    """Django's QuerySet behind the guard."""

    query: PrivateQuery

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        super().__init__(model, query or PrivateQuery(model), using, hints)

    def visible_to(self, actor: Actor) -> Self:
        """Only the rows that the model's `visibility` grants to `actor`."""
        return self.filter(self.model.visibility(actor))._opened(Scope.VISIBLE)

    def unscoped(self, *, reason: str) -> Self:
        """All rows, for a `reason` that is not a person asking: a lock, a sweep, a visibility rule itself."""
        if not reason.strip():
            raise ValueError("an unscoped query needs a reason")
        return self._opened(Scope.UNSCOPED)

    def with_parents(self, *names: str) -> Self:
        """`select_related`, said deliberately: who sees the row sees these parents of it, too."""
        return super().select_related(*names)

    def get_or_refuse(self, pk: uuid.UUID) -> M:
        """The row with this key, or NotFound that knows (for the record only) whether it exists."""
        try:
            return self.get(pk=pk)
        except ObjectDoesNotExist:
            everything = self.model.objects.unscoped(reason="what a refusal hides, for the record")
            exists = everything.filter(pk=pk).exists()
            raise NotFound(object_kind=self.model._meta.label_lower, object_id=pk, exists=exists) from None

    def _opened(self, scope: Scope) -> Self:
        clone: Self = self._chain()  # type: ignore[attr-defined] # not in the stubs
        clone.query.scope = scope
        return clone

    def _require_open(self) -> None:
        if self.query.scope is Scope.CLOSED:
            _refuse(self.model)

    # Writes compile as another class of query, and raw SQL has none of our filters: both are checked here.

    def update(self, **values: Any) -> int:
        self._require_open()
        return super().update(**values)

    def _update(self, values: Any) -> int:
        self._require_open()
        rows: int = super()._update(values)  # type: ignore[misc] # not in the stubs
        return rows

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_open()
        return super().delete()

    def _raw_delete(self, using: str | None) -> int:
        self._require_open()
        return super()._raw_delete(using)

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> int:
        self._require_open()
        return super().bulk_update(objs, fields, batch_size)

    def raw(self, *args: Any, **kwargs: Any) -> "RawQuerySet[Any]":
        if self.query.scope is not Scope.UNSCOPED:
            _refuse(self.model, "was written by hand, which nothing can scope")
        return super().raw(*args, **kwargs)

    # One open side must not open the other.

    def _merge_sanity_check(self, other: Any) -> None:
        scopes = {self.query.scope, getattr(other.query, "scope", Scope.CLOSED)}
        if Scope.CLOSED in scopes and len(scopes) > 1:
            _refuse(self.model, "was combined with an open one")
        super()._merge_sanity_check(other)  # type: ignore[misc] # not in the stubs

    # What is visible here says nothing about what it points to.

    def select_related(self, *names: Any) -> Self:
        self._refuse_hops(name for name in names if name is not None)
        if not names:
            _refuse(self.model, "follows every foreign key")
        return super().select_related(*names)

    def prefetch_related(self, *lookups: Any) -> Self:
        self._refuse_hops(name for name in lookups if name is not None and not isinstance(name, Prefetch))
        return super().prefetch_related(*lookups)

    def values(self, *names: Any, **expressions: Any) -> Any:
        self._refuse_hops(name for name in names if isinstance(name, str) and LOOKUP_SEP in name)
        return super().values(*names, **expressions)

    def values_list(self, *names: Any, flat: bool = False, named: bool = False) -> Any:
        self._refuse_hops(name for name in names if isinstance(name, str) and LOOKUP_SEP in name)
        return super().values_list(*names, flat=flat, named=named)

    def _refuse_hops(self, paths: Iterable[str]) -> None:
        """Refuse a path into another private model that `with_parents` did not name."""
        if self.query.scope is Scope.UNSCOPED:
            return
        allowed = self.query.select_related if isinstance(self.query.select_related, dict) else {}
        for path in paths:
            model: type[models.Model] = self.model
            known: Any = allowed
            for name in path.split(LOOKUP_SEP):
                try:
                    field = model._meta.get_field(name)
                except FieldDoesNotExist:
                    break
                if not field.is_relation or field.related_model is None:
                    break
                model = field.related_model
                known = known.get(name) if isinstance(known, dict) else None
                if issubclass(model, PrivateModel) and known is None:
                    _refuse(model, f"was reached from {self.model.__name__} by {path!r}")

    def __repr__(self) -> str:
        """Names the query and its scope. Django's would run it and print rows."""
        return f"<{type(self).__name__} of {self.model.__name__}: {self.query.scope}>"


class PrivateManager(models.Manager[M]):
    """The default manager of every private model."""

    def get_queryset(self) -> PrivateQuerySet[M]:
        return PrivateQuerySet(self.model, using=self._db, hints=self._hints)  # type: ignore[attr-defined] # not in the stubs

    def visible_to(self, actor: Actor) -> PrivateQuerySet[M]:
        return self.get_queryset().visible_to(actor)

    def unscoped(self, *, reason: str) -> PrivateQuerySet[M]:
        return self.get_queryset().unscoped(reason=reason)

    def raw(self, *args: Any, **kwargs: Any) -> "RawQuerySet[Any]":
        return self.get_queryset().raw(*args, **kwargs)


class _InstanceQuerySet(PrivateQuerySet[M]):
    """Open for what Django does with an instance in hand (save, delete); closed for following a foreign
    key, which Django marks with a hint that names the instance it comes from.
    """

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        super().__init__(model, query, using, hints)
        if query is None:
            self.query.scope = Scope.CLOSED if hints and "instance" in hints else Scope.UNSCOPED

    def _add_hints(self, **hints: Any) -> None:
        super()._add_hints(**hints)  # type: ignore[misc] # not in the stubs
        if "instance" in hints:
            self.query.scope = Scope.CLOSED


class _InstanceManager(models.Manager[M]):
    """What Django itself uses behind `save()`, `delete()` and foreign keys. Nobody else may."""

    def get_queryset(self) -> PrivateQuerySet[M]:
        return _InstanceQuerySet(self.model, using=self._db, hints=self._hints)  # type: ignore[attr-defined] # not in the stubs


def row_is_visible(actor: Actor, kind: str, object_id: UUID) -> bool:
    """Whether `actor` may see the row that a refusal speaks of; `kind` is its model, "app.model". One query,
    and False for whatever is no private model.
    """
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return False
    return issubclass(model, PrivateModel) and model.objects.visible_to(actor).filter(pk=object_id).exists()


class PrivateModel(models.Model):
    """Base of every table whose rows belong to somebody.

    `practice_id` is the practice that the row belongs to, None where there is none. A subclass answers the
    one question `visibility(actor)`; its foreign keys carry `related_name="+"`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField(null=True, blank=True, db_index=True, editable=False)

    objects = PrivateManager["Self"]()
    instances = _InstanceManager["Self"]()

    class Meta:
        abstract = True
        base_manager_name = "instances"

    @classmethod
    def visibility(cls, actor: Actor) -> models.Q:
        """Which rows `actor` may see. The only place where this model answers that."""
        raise NotImplementedError(f"{cls.__name__} does not say who may see it")

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        """Read an instance that is in hand again."""
        again = from_queryset or type(self).objects.unscoped(reason="an instance in hand")
        super().refresh_from_db(using=using, fields=fields, from_queryset=again)
