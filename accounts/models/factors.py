"""Recovery codes, and allauth's authenticators as django-otp sees them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_otp.models import Device, DeviceManager

from accounts.models.people import User
from accounts.models.shared import NOTHING
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


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
        return NOTHING if actor.user_id is None else Q(user_id=actor.user_id)


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
