"""Tables that only these tests have, in a registry of their own: no migration knows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps.registry import Apps
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel

TABLES = Apps(["bloom.kernel"])


class Box(PrivateModel):
    owner_id = models.UUIDField()
    label = models.CharField(max_length=20, default="")

    class Meta:
        app_label = "kernel"
        apps = TABLES

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q(owner_id=actor.user_id)


class Note(PrivateModel):
    box = models.ForeignKey(Box, models.CASCADE, related_name="+")
    text = models.CharField(max_length=50, default="")
    written_at = models.DateTimeField(null=True)
    tags = models.ManyToManyField(Box, related_name="tagged")

    class Meta:
        app_label = "kernel"
        apps = TABLES

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        boxes = Box.objects.unscoped(reason="visibility")
        return Q(Exists(boxes.filter(id=OuterRef("box_id"), owner_id=actor.user_id)))


class Counter(models.Model):
    """Unguarded; for transactions."""

    name = models.CharField(max_length=20, unique=True)
    value = models.IntegerField(default=0)

    class Meta:
        app_label = "kernel"
        apps = TABLES
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0), name="counter_not_negative"),
            models.UniqueConstraint(fields=["name", "value"], name="counter_name_and_value"),
        ]


class Pointer(models.Model):
    """Unguarded, with a foreign key into a private table."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="+")

    class Meta:
        app_label = "kernel"
        apps = TABLES


def create(*tables: Any) -> None:
    """Make the tables. A test's own transaction takes them along when it is rolled back."""
    with connection.schema_editor() as editor:
        for table in tables:
            editor.create_model(table)


@contextmanager
def created(*tables: Any) -> Iterator[None]:
    """The tables exist within the block, for tests that commit."""
    create(*tables)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for table in reversed(tables):
                editor.delete_model(table)
