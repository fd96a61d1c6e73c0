"""The deterministic moderator: normalise, then one gate for everything, then the rules that can tell.

Pure: no network, no clock, no state. The same text gets the same verdict, in time proportional to its length.
"""

import re
from collections.abc import Iterable
from typing import Any

from messaging.moderation.categories import CATEGORIES
from messaging.moderation.checks import CHECKS
from messaging.moderation.loader import STOPS, VIEWS, Rule, pattern_compile, rules_load
from messaging.moderation.normalise import normalise
from messaging.moderation.types import Outcome, Verdict

_ALLOWED = Verdict(Outcome.ALLOW)
_LEFT = re.compile(rb"\b[MIPF]\b")
_CATEGORY_ORDER = {category: place for place, category in enumerate(CATEGORIES)}


class DeterministicModerator:
    """Judges by the rules of `ruleset/`. Where a person's life may hang on it, doubt counts as danger."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = {view: [rule for rule in rules if rule.view == view] for view in VIEWS}
        # One automaton over all rules says "nothing here" of nearly every text, in a single pass.
        self._gates = {
            view: pattern_compile("|".join(r.source for r in ours), view)
            for view, ours in self._rules.items()
        }

    def judge(self, text: str) -> Verdict:
        """Return the strongest outcome among the rules that fire, and the names of all that did."""
        reading = normalise(text)
        fired = self._fired("surface", reading.surface.encode()) + self._fired(
            "words", reading.words.encode().translate(STOPS)
        )
        if reading.joined != reading.words:
            fired += self._fired("words", reading.joined.encode().translate(STOPS), besides=fired)
        if not fired:
            return _ALLOWED
        return Verdict(
            outcome=max((rule.outcome for rule in fired), key=lambda outcome: outcome.rank),
            categories=tuple(sorted({rule.category for rule in fired}, key=_CATEGORY_ORDER.__getitem__)),
            rules=tuple(rule.id for rule in fired),
        )

    def _fired(self, view: str, text: bytes, besides: Iterable[Rule] = ()) -> list[Rule]:
        if self._gates[view].search(text) is None:
            return []
        return [rule for rule in self._rules[view] if rule not in besides and _fires(rule, text)]


def _fires(rule: Rule, text: bytes) -> bool:
    """Whether the rule finds something that its check accepts and that no excuse takes away."""
    if rule.pattern.search(text) is None:
        return False
    if rule.check is None and rule.excuse is None:
        return True
    check = CHECKS[rule.check] if rule.check is not None else None
    seen: dict[bytes, bytes] = {}

    def mark(match: Any) -> bytes:
        found: bytes = match.group()
        if found not in seen:
            accepted = check is None or check(found.decode())
            seen[found] = rule.senses.mark(found) if accepted else found
        return seen[found]

    marked = rule.senses.read(rule.pattern.sub(mark, text))
    return _stands(marked, rule.excuse)


def _stands(marked: bytes, excuse: Any | None) -> bool:
    """Whether a letter for a match is left between the excuses."""
    start = 0
    for match in excuse.finditer(marked) if excuse is not None else ():
        if _LEFT.search(marked, start, match.start()) is not None:
            return True
        start = match.end()
    return _LEFT.search(marked, start) is not None


DETERMINISTIC = DeterministicModerator(rules_load())
