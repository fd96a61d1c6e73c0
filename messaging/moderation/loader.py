"""Reads the rules' data files: word lists, excuses and rules, from `ruleset/*.yaml` into compiled rules.

A pattern is an RE2 expression over one view of the text, and matches whole words. `{kill}` in it stands for
the word list of that name, `[.,]` for a pause, `[,]` for a comma. In an excuse `{match}`, or a plain `M`, is
what was found; `{not_now}` the same unless somebody says it of themselves in the present, `{not_mine}` the
same unless it begins with "I" (see senses.py).

Every repetition has an upper bound, so every match has a greatest length, and finding all matches in a text
takes time in proportion to the text. A pattern with an unbounded repetition does not load.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2
import yaml

from messaging.moderation import senses
from messaging.moderation.categories import CATEGORIES
from messaging.moderation.checks import CHECKS
from messaging.moderation.normalise import LONGEST_WORD
from messaging.moderation.senses import Senses
from messaging.moderation.types import Outcome

FOLDER = Path(__file__).parent / "ruleset"
VIEWS = ("surface", "words")

STOPS = bytes.maketrans(b".,", b"SC")
"""How the engine sees `.` and `,` in the words view: as words, so that `\\b` holds on either side of them."""

_MORE = "(?: (?:or|and|nor|[.,]|and or|[.,] or|[.,] and) [MI]){0,3}"
_FOUND_WORDS = {
    "match": f"{senses.ANY}{_MORE}",
    "not_now": f"{senses.NOT_NOW}{_MORE}",
    "not_mine": f"{senses.NOT_MINE}{_MORE}",
}
_ANY_WORD = f"[a-z0-9]{{1,{LONGEST_WORD}}}"
_PLAIN_FOUND = re.compile(r"\bM\b")
_NAME = re2.compile(r"\{[a-z_]+\}")
_UNBOUNDED = re2.compile(r"[^\\][*+]|\{[0-9]+,\}")
_MEMORY = 128 * 1024 * 1024  # a ceiling for RE2's automata, which are built as texts need them


class RuleInvalid(ValueError):
    """A data file says something that cannot be a rule; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It fires where `pattern` matches, `check`, if any, agrees, and no excuse takes it away."""

    id: str
    category: str
    outcome: Outcome
    view: str
    check: str | None
    source: str
    pattern: Any  # RE2's compiled expression; the library has no types
    excuse: Any | None
    senses: Senses
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


def rules_load(folder: Path = FOLDER) -> tuple[Rule, ...]:
    """Return the rules of every file in `folder`, in order. Raises `RuleInvalid`."""
    words: dict[str, str] = {}
    excuses: dict[str, list[str]] = {}
    told: dict[str, Any] = {}
    entries: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        words |= data.get("words", {})
        excuses |= data.get("excuses", {})
        told |= data.get("senses", {})
        entries += data.get("rules", [])
    crisis = _senses(told, words)
    rules = tuple(_rule(entry, words, excuses, crisis) for entry in entries)
    if len({rule.id for rule in rules}) != len(rules):
        raise RuleInvalid("two rules have the same id")
    return rules


def pattern_compile(source: str, view: str = "words") -> Any:
    """Compile for the longest match, so that nothing of what was found is left outside its excuse.

    In the words view no word is longer than `{w}` allows, so that one may be written without its bound, and
    the automaton has a fraction of the states to build.
    """
    if view == "words":
        source = source.replace(_ANY_WORD, "[a-z0-9]+")
    options = re2.Options()
    options.longest_match = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    return re2.compile(source, options)


def _senses(told: dict[str, Any], words: dict[str, str]) -> Senses:
    if not told:
        return Senses()
    lead = r"(?:[SC] )?(?:(?:and|but|so|honestly|just) ){0,3}"
    now = "|".join(told["now"])
    firm = "|".join(told["firm"])
    return Senses(
        mine=pattern_compile(_expand(f"{lead}(?:{told['mine']})", words)),
        now=pattern_compile(_expand(f"{lead}(?:{now}|{told['now_found']})", words)),
        now_before=pattern_compile(_expand(f"(?:{now}) {senses.NOT_NOW}", words)),
        firm=pattern_compile(_expand(_PLAIN_FOUND.sub(senses.ANY, firm), words)),
    )


def _rule(
    entry: dict[str, Any], words: dict[str, str], excuses: dict[str, list[str]], crisis: Senses
) -> Rule:
    unless = [template for name in entry.get("unless", []) for template in excuses.get(name, [name])]
    view = entry.get("view", "words")
    try:
        source = "|".join(_expand(pattern, words) for pattern in entry["match"])
        excuse = "|".join(
            _expand(_PLAIN_FOUND.sub(senses.ANY, template), words | _FOUND_WORDS) for template in unless
        )
        rule = Rule(
            id=entry["id"],
            category=entry["category"],
            outcome=Outcome(entry["outcome"]),
            view=view,
            check=entry.get("check"),
            source=source,
            pattern=pattern_compile(source, view),
            excuse=pattern_compile(excuse, view) if unless else None,
            senses=crisis if entry["outcome"] == Outcome.CRISIS else Senses(),
            examples=tuple(map(str, entry["examples"])),
            counterexamples=tuple(map(str, entry.get("counterexamples", ()))),
        )
    except (KeyError, ValueError, re2.error) as error:
        raise RuleInvalid(f"{entry.get('id', entry)}: {error!r}") from error
    if rule.category not in CATEGORIES or rule.view not in VIEWS or rule.check not in (None, *CHECKS):
        raise RuleInvalid(f"{rule.id}: unknown category, view or check")
    return rule


def _expand(pattern: str, words: dict[str, str]) -> str:
    """Replace `{name}`s, also those inside word lists, and pauses; hold the pattern to whole words."""
    while match := _NAME.search(pattern):
        name = match.group()[1:-1]
        if name not in words:
            raise RuleInvalid(f"unknown word list {name}")
        pattern = pattern.replace(match.group(), f"(?:{words[name]})")
    if _UNBOUNDED.search(pattern):
        raise RuleInvalid(f"unbounded repetition in {pattern}")
    pattern = pattern.replace("[.,]", "[SC]").replace("[,]", "C")
    return rf"\b(?:{pattern})\b"
