"""A practice's roles in templates."""

from django import template

from accounts import practice_words
from accounts.types import MembershipRole

register = template.Library()


@register.filter
def role_words(role: str) -> str:
    """What a role of a practice is called."""
    return str(practice_words.ROLE_WORDS[MembershipRole(role)])


@register.filter
def role_hint(role: str) -> str:
    """What somebody in a role of a practice does."""
    return str(practice_words.ROLE_HINTS[MembershipRole(role)])
