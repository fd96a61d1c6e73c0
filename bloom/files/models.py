"""Which files there are, and which are on their way."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from bloom.files.types import UploadState
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField


class StoredFile(PrivateModel):
    """One file. Its bytes lie sealed in the default storage under `name`: with a key of their own, which
    `head` holds sealed with the owner's, or, where there is no head, with the owner's key itself. It is
    removed at `remove_at`: a new one soon, unless its app keeps it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField()
    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    head = SealedField(null=True)
    created_at = models.DateTimeField()
    remove_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["remove_at"], condition=Q(remove_at__isnull=False), name="file_to_remove"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Nobody's by itself: the owning app decides who gets the link."""
        return Q() if actor.is_system else Q(pk__in=[])


class Upload(PrivateModel):
    """A file that somebody is sending: nobody else sees anything of it until an app has put it to use, and
    nobody at all before it was checked. What arrived lies under `name`; where that is our own disk, sealed
    with the key in `head`. A good one has become a StoredFile, or two. Its job takes it when `due_at` has
    come; what is left at `remove_at` is removed. A held one opens with the key of what it is held for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_id = models.UUIDField()
    state = models.CharField(max_length=8, choices=[(state.value, state.value) for state in UploadState])
    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    head = SealedField()
    fault = models.CharField(max_length=16, blank=True)
    file_id = models.UUIDField(null=True)
    thumbnail_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    remove_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="files_upload_due"),
            models.Index(fields=["remove_at"], name="files_upload_to_remove"),
            models.Index(fields=["person_id"], name="files_upload_of_person"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~Q(state__in=[UploadState.READY.value, UploadState.HELD.value])
                | Q(file_id__isnull=False, fault=""),
                name="files_upload_ready_is_kept",
            ),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, until one has dropped it."""
        if actor.is_system:
            return Q()
        if actor.user_id is None:
            return Q(pk__in=[])
        return Q(person_id=actor.user_id) & ~Q(state=UploadState.DROPPED.value)
