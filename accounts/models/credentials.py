"""Tokens and sessions."""

from typing import Any, ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.models.people import User
from accounts.models.practices import Practice
from accounts.models.shared import NOTHING
from accounts.types import RoleName
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class ApiToken(PrivateModel):
    """A credential for a program. Only a keyed hash of the secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    hash = models.BinaryField(max_length=32)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(PrivateModel.Meta):
        abstract = False
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, and all for platform admins (who may revoke)."""
        if actor.has_role(RoleName.ADMIN):
            return Q()
        return NOTHING if actor.user_id is None else Q(user_id=actor.user_id)


class Session(AbstractBaseSession):
    """A browser that is signed in, or about to be. `session_key` is a keyed hash (accounts.sessions)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    practice = models.ForeignKey(Practice, on_delete=models.SET_NULL, null=True, related_name="+")
    factor_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=16, default="")
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, default="")

    @classmethod
    def get_session_store_class(cls) -> type[sessions.SessionStore]:
        return sessions.SessionStore

    def __str__(self) -> str:
        return self.session_key


class KnownDevice(PrivateModel):
    """A browser in which a person has signed in before. Only a keyed hash of its cookie is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    hash = models.BinaryField(max_length=32)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "hash"], name="known_device_once"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        return NOTHING if actor.user_id is None else Q(user_id=actor.user_id)
