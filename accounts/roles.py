"""What roles mean, beside and apart from any person. Pure; below the models, which ask."""

from collections.abc import Collection, Iterable

from accounts.types import RoleName

# A person with several roles is called by the first of these.
ROLE_ORDER = (RoleName.ADMIN, RoleName.SUPPORT, RoleName.THERAPIST, RoleName.PATIENT)
SIGN_UP_ROLES = (RoleName.PATIENT, RoleName.THERAPIST)
# Not a role: what settings call whoever works in a practice.
PRACTICE_STAFF = "practice"
STAFF_ROLES = frozenset({RoleName.SUPPORT, RoleName.ADMIN})


def role_foremost(roles: Collection[str]) -> str:
    """The one word for a person with these roles; "" for someone without any."""
    return next((role.value for role in ROLE_ORDER if role in roles), "")


def is_staff(roles: Iterable[str]) -> bool:
    """May these roles enter the admin site?"""
    return not STAFF_ROLES.isdisjoint(roles)


def admin_may(roles: Collection[str], permission: str) -> bool:
    """May these roles use Django's `permission` ("app.verb_model") in the admin? Support only looks."""
    if RoleName.ADMIN in roles:
        return True
    return RoleName.SUPPORT in roles and permission.rpartition(".")[2].startswith("view_")
