"""What people are called whom a role on the platform makes something."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.types import RoleName

ROLE_WORDS: dict[str, Any] = {
    RoleName.PATIENT.value: _("patient"),
    RoleName.THERAPIST.value: _("therapist"),
    RoleName.SUPPORT.value: _("support"),
    RoleName.ADMIN.value: _("administrator"),
}
