"""The words of API tokens in templates."""

from django import template

from accounts import scope_words as words

register = template.Library()


@register.filter
def scope_words(scope: str) -> str:
    """What a token with this scope may do, such as "Conversations: read"."""
    return words.scope_words(scope)
