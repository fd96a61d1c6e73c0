"""The kernel's two tables: data keys of the vault, and answers kept for repeated requests."""

import uuid

from django.db import models
from django.db.models import Q

from bloom.kernel.sealing import SealedField


class DataKey(models.Model):
    """One person's (or conversation's, or the system's) key, wrapped by a key-encryption key.

    A subject has at most one active key; retired ones still open what they sealed. A destroyed key keeps
    its row, without the key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_id = models.UUIDField()
    version = models.PositiveIntegerField()
    kek_id = models.CharField(max_length=64)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "version"], name="kernel_datakey_version"),
            models.UniqueConstraint(
                fields=["subject_id"],
                condition=Q(retired_at__isnull=True, destroyed_at__isnull=True),
                name="kernel_datakey_one_active",
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True, wrapped__isnull=False)
                | Q(destroyed_at__isnull=False, wrapped__isnull=True),
                name="kernel_datakey_destroyed_means_erased",
            ),
        ]

    def __str__(self) -> str:
        return f"data key {self.id}"


class StoredAnswer(models.Model):
    """The answer to a create that carried an `Idempotency-Key`, kept for a day to be given again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_id = models.UUIDField()
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    key_hash = models.BinaryField(max_length=32)
    body_hash = models.BinaryField(max_length=32)
    carried_out = models.BooleanField(default=False)
    status = models.PositiveSmallIntegerField(null=True)
    answer = SealedField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "method", "path", "key_hash"], name="kernel_storedanswer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"stored answer {self.id}"
