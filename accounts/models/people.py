"""People and what they are. Read by this app alone, and unguarded."""

import uuid
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.types import NAME_LENGTH, PRONOUNS_LENGTH, RoleName
from bloom.kernel import clock
from bloom.kernel.db import transactional


class User(AbstractBaseUser):
    """A person who can sign in. What they may do follows from their roles, never from a flag here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    # The legal name. Others read `shown_name`.
    name = models.CharField(max_length=NAME_LENGTH)
    preferred_name = models.CharField(max_length=NAME_LENGTH, blank=True, default="")
    # A file of bloom.files.
    photo_id = models.UUIDField(null=True, blank=True)
    pronouns = models.CharField(max_length=PRONOUNS_LENGTH, blank=True, default="")
    # Whether people they are in touch with see that they are here now.
    shows_presence = models.BooleanField(default=True, db_default=True)
    headline = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    locale = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    # Until when somebody who closes their account may come back, and since when it is closed for good.
    closing_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    date_joined = models.DateTimeField(default=clock.now)
    # Since when the first page leads them no more.
    steps_put_away_at = models.DateTimeField(null=True)

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["email"], name="user_email_once"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower"),
        ]

    def __str__(self) -> str:
        """For staff: both names."""
        return f"{self.preferred_name} ({self.name})" if self.preferred_name else self.name

    @property
    def shown_name(self) -> str:
        """The name that other people read."""
        return self.preferred_name or self.name

    def check_password(self, raw_password: str | None) -> bool:
        """Is it theirs? An old hash is made anew by the way. That is no new password: their sessions, which
        Django binds to the hash, go on.
        """

        def renew(raw: str) -> None:
            old, before = self.password, self.get_session_auth_hash()
            self.set_password(raw)
            # For no validator: it is the one that they have.
            self._password = None
            self._hash_keep(old, before)

        return check_password(raw_password, self.password, renew)

    @transactional
    def _hash_keep(self, old: str, before: str) -> None:
        """The new hash of the same password, for this person and for each session that the old one let in;
        nothing where the old hash stands no more. Another password was set meanwhile, and it stays.
        """
        if not type(self).objects.filter(pk=self.pk, password=old).update(password=self.password):
            return
        sessions = apps.get_model("accounts", "Session")
        for row in sessions.objects.select_for_update().filter(user_id=self.id):
            data = row.get_decoded()
            if data.get(HASH_SESSION_KEY) == before:
                data[HASH_SESSION_KEY] = self.get_session_auth_hash()
                row.session_data = row.get_session_store_class()().encode(data)
                row.save(update_fields=["session_data"])

    @cached_property
    def role_names(self) -> frozenset[str]:
        """The roles held when first asked; one query."""
        return frozenset(self.roles.filter(revoked_at=None).values_list("role", flat=True))

    @property
    def is_staff(self) -> bool:
        return roles.is_staff(self.role_names)

    # Django's and Unfold's admin ask these four; nothing else does.
    def get_full_name(self) -> str:
        return self.name

    def has_perm(self, permission: str, obj: object = None) -> bool:
        return self.is_active and roles.admin_may(self.role_names, permission)

    def has_perms(self, permissions: list[str], obj: object = None) -> bool:
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Role(models.Model):
    """One role of one person, from when until when, and by whom."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in RoleName])
    granted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(revoked_at=None), name="role_held_once"
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in RoleName]), name="role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.role
