"""People, what they are, where they practise, who cares for whom, and their credentials.

User, Role and Practice are read by this app alone and unguarded; the rest answers `visible_to(actor)` only.
"""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django_otp.models import Device, DeviceManager

from accounts import roles, sessions
from accounts.types import NAME_LENGTH, MembershipRole, PracticeKind, RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField

_NOTHING = Q(pk__in=[])


class User(AbstractBaseUser):
    """A person who can sign in. What they may do follows from their roles, never from a flag here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=NAME_LENGTH)
    headline = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    locale = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=clock.now)

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["email"], name="user_email_once"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower"),
        ]

    def __str__(self) -> str:
        return self.name

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


class Practice(models.Model):
    """Where therapists work. A listed practice shows its therapists in the public directory."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in PracticeKind])
    is_listed = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Membership(PrivateModel):
    """A person works in a practice, in one role, for a time."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in MembershipRole])
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["user", "practice", "role"], condition=Q(ended_at=None), name="membership_held_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.role

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, those of colleagues in the practice one acts for, and all for platform staff."""
        if actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None:
            return _NOTHING
        seen = Q(user_id=actor.user_id)
        if actor.practice_id is not None:
            seen |= Q(practice_id=actor.practice_id)
        return seen


class Assignment(PrivateModel):
    """A patient is in a therapist's care at a practice, for a time. Clinical permissions hang on it."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Sealed with the patient's key: why somebody is in care, or left it, is about their health.
    reason = SealedField(null=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    end_reason = SealedField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["patient", "therapist", "practice"],
                condition=Q(ended_at=None),
                name="assignment_active_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="assignment_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(patient=F("therapist")), name="assignment_not_with_oneself"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["therapist", "-started_at", "id"], name="assignment_of_therapist"),
            models.Index(fields=["patient", "-started_at", "id"], name="assignment_of_patient"),
            models.Index(fields=["practice", "-started_at", "id"], name="assignment_of_practice"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """The two people themselves, the owner of the practice it belongs to, platform staff, and jobs of the
        system. A person's own token stays within the practice that it was issued for.
        """
        if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None:
            return _NOTHING
        seen = Q(patient_id=actor.user_id) | Q(therapist_id=actor.user_id)
        if actor.token_id is not None and actor.practice_id is not None:
            seen &= Q(practice_id=actor.practice_id)
        if actor.practice_id is not None:
            owned = Membership.objects.unscoped(reason="whether the actor owns the practice").filter(
                user_id=actor.user_id,
                practice_id=OuterRef("practice_id"),
                role=MembershipRole.OWNER,
                ended_at=None,
            )
            seen |= Q(Exists(owned), practice_id=actor.practice_id)
        return seen


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

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, and all for platform admins (who may revoke)."""
        if actor.has_role(RoleName.ADMIN):
            return Q()
        return _NOTHING if actor.user_id is None else Q(user_id=actor.user_id)


class Session(AbstractBaseSession):
    """A browser that is signed in, or about to be. `session_key` is a keyed hash (accounts.sessions)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    practice = models.ForeignKey(Practice, on_delete=models.SET_NULL, null=True, related_name="+")
    factor_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type[sessions.SessionStore]:
        return sessions.SessionStore

    def __str__(self) -> str:
        return self.session_key


class RecoveryCode(PrivateModel):
    """A way in for somebody who lost their device, good for once. Only a keyed hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "hash"], name="recovery_code_once"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        return _NOTHING if actor.user_id is None else Q(user_id=actor.user_id)


class FactorDeviceManager(DeviceManager):
    """What django-otp asks of a kind of device; every authenticator of allauth's is confirmed."""

    def devices_for_user(self, user: Any, confirmed: bool | None = None) -> Any:
        rows = self.filter(user_id=user.pk)
        return rows.none() if confirmed is False else rows


class FactorDevice(Device):
    """allauth's authenticator as django-otp sees it: the same row under another name, made by neither."""

    user = models.ForeignKey(User, on_delete=models.DO_NOTHING, related_name="+")
    type = models.CharField(max_length=20)
    name = None
    confirmed = True

    objects = FactorDeviceManager()

    class Meta:
        managed = False
        db_table = "mfa_authenticator"

    def __str__(self) -> str:
        return self.type

    def verify_token(self, token: str) -> bool:
        """Codes are taken by `accounts.services.code_use` alone, which leaves its record."""
        return False
