"""What the pages that span apps call people."""

from django.utils.translation import gettext_lazy as _

from accounts.types import PersonFound, PersonTie, RoleName

_TIES = {
    PersonTie.IN_CARE: _("In your care"),
    PersonTie.GIVES_CARE: _("Cares for you"),
    PersonTie.COLLEAGUE: _("Colleague"),
}
_ROLES: dict[str, object] = {
    RoleName.PATIENT: _("Patient"),
    RoleName.THERAPIST: _("Therapist"),
    RoleName.SUPPORT: _("Support"),
    RoleName.ADMIN: _("Administrator"),
}


def found_words(found: PersonFound) -> str:
    """What somebody is to the one who looks, or else on the platform; nothing where they have no role."""
    return str(_TIES.get(found.tie) or _ROLES.get(found.person.role, ""))
