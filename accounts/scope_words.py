"""What the scopes of an API token are called."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# What each area of scopes is about. An area that nothing answers to yet is not offered.
AREAS = {
    "profile": gettext_lazy("Your profile"),
    "people": gettext_lazy("People whom you may find"),
    "assignments": gettext_lazy("Who is in whose care"),
    "conversations": gettext_lazy("Conversations"),
    "practices": gettext_lazy("Your practices, their people and locations"),
    "billing": gettext_lazy("What a practice is to payers"),
}
# What only who works in a practice has.
PRACTICE_AREAS = frozenset({"practices", "billing"})


def scope_words(scope: str) -> str:
    """What a token with this scope may do, in words."""
    area, _colon, verb = scope.partition(":")
    title = AREAS.get(area, area)
    return (_("%(area)s: read and change") if verb == "write" else _("%(area)s: read")) % {"area": title}
