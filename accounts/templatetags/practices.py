"""A practice's roles in templates."""

from django import template
from django.utils.translation import gettext as _

from accounts import practice_words
from accounts.types import STATES, BillingNeed, MembershipRole, PracticeKind, TaxKind

register = template.Library()


@register.filter
def role_words(role: str) -> str:
    """What a role of a practice is called."""
    return str(practice_words.ROLE_WORDS[MembershipRole(role)])


@register.filter
def practice_kind(kind: str) -> str:
    """What a kind of practice is called."""
    return str(practice_words.KIND_WORDS[PracticeKind(kind)])


@register.filter
def role_hint(role: str) -> str:
    """What somebody in a role of a practice does."""
    return str(practice_words.ROLE_HINTS[MembershipRole(role)])


@register.filter
def place_words(code: str) -> str:
    """What a place of service is called."""
    return practice_words.place_words(code)


@register.filter
def tax_words(kind: str) -> str:
    """What a kind of tax number is called."""
    return str(practice_words.TAX_WORDS[TaxKind(kind)])


@register.filter
def need_words(need: str) -> str:
    """What a claim still needs of a practice."""
    return str(practice_words.NEED_WORDS[BillingNeed(need)])


@register.filter
def state_name(code: str) -> str:
    """The name of a state."""
    return STATES.get(code, code)


@register.filter
def place_zone(zone: str) -> str:
    """A time zone by the place that it is called after."""
    return _("%(place)s time") % {"place": zone.rpartition("/")[2].replace("_", " ")}
