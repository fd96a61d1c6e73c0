"""The directory's words in templates."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.translation import gettext as _

from accounts import terms
from accounts.types import STATES, TermKind
from bloom.kernel.money import Money
from bloom.kernel.money_words import money_words

register = template.Library()


@register.filter
def term_words(codes: Iterable[str], kind: str) -> list[str]:
    """The labels of these codes of a kind, such as `person.specialties|term_words:"specialty"`."""
    return terms.term_labels(TermKind(kind), codes)


@register.filter
def licence_titles(codes: Iterable[str]) -> str:
    """What somebody is by their licences, such as "Clinical social worker"."""
    return ", ".join(terms.licence_title(code) for code in codes)


@register.filter
def licence_title(code: str) -> str:
    return terms.licence_title(code)


@register.filter
def gender_word(code: str) -> str:
    return dict(terms.gender_choices()).get(code, "")


@register.filter
def state_names(codes: Iterable[str]) -> list[str]:
    return [STATES.get(code, code) for code in codes]


@register.filter
def state_name(code: str) -> str:
    return STATES.get(code, code)


@register.filter
def money(amount: Money | None) -> str:
    """An amount as people write it: $150, $92.50, CHF 120."""
    return "" if amount is None else money_words(amount)


@register.filter
def fee(person: Any) -> str:
    """What a session costs: "$90 to $150 a session"; nothing when nobody said."""
    if person.fee_from is None:
        return ""
    if person.fee_to is None or person.fee_to == person.fee_from:
        return _("%(fee)s a session") % {"fee": money(person.fee_from)}
    return _("%(least)s to %(most)s a session") % {
        "least": money(person.fee_from),
        "most": money(person.fee_to),
    }
