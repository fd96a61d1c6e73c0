"""What the scores of a live service mean here, and how they stand beside the rules' verdict. Pure.

Thresholds say from which score on a category has an outcome. Self-harm is a crisis or nothing: who says it is
met, never silenced.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from messaging.moderation.categories import CATEGORIES, LIVE_CATEGORIES
from messaging.moderation.types import Outcome, Source, Verdict

Thresholds = Mapping[str, Mapping[Outcome, float]]

_SELF_HARM: Final = "self-harm"
_ORDER = {category: place for place, category in enumerate(CATEGORIES)}


class ThresholdsInvalid(ValueError):
    """A setting that cannot hold; the message says which part."""


def thresholds_read(given: Mapping[str, Mapping[str, float]]) -> Thresholds:
    """Thresholds as they were set. Raises ThresholdsInvalid."""
    read: dict[str, dict[Outcome, float]] = {}
    for category, outcomes in given.items():
        if category not in LIVE_CATEGORIES:
            raise ThresholdsInvalid(f"{category} is no category of the live service")
        for name, score in outcomes.items():
            if name not in set(Outcome) - {Outcome.ALLOW}:
                raise ThresholdsInvalid(f"{category}: {name} is not blur, block or crisis")
            if not 0 < score <= 1:
                raise ThresholdsInvalid(f"{category}: {name} needs a score above 0 and up to 1")
            if category.startswith(_SELF_HARM) and name != Outcome.CRISIS:
                raise ThresholdsInvalid(f"{category}: self-harm is a crisis, never anything else")
            read.setdefault(category, {})[Outcome(name)] = score
    missing = [
        category for category in LIVE_CATEGORIES if category.startswith(_SELF_HARM) and category not in read
    ]
    if missing:
        raise ThresholdsInvalid(f"{', '.join(missing)}: self-harm needs a threshold")
    return read


def verdict_of(scores: Mapping[str, float], thresholds: Thresholds) -> Verdict:
    """The strongest outcome that a score reaches, and every category that reached one."""
    reached = {
        category: max(met, key=lambda outcome: outcome.rank)
        for category, outcomes in thresholds.items()
        if (met := [outcome for outcome, least in outcomes.items() if scores[category] >= least])
    }
    return Verdict(
        outcome=max(reached.values(), key=lambda outcome: outcome.rank, default=Outcome.ALLOW),
        categories=_in_order(reached),
        source=Source.LIVE,
        rules=tuple(f"openai:{category}" for category in _in_order(reached)),
    )


def stricter(floor: Verdict, live: Verdict) -> Verdict:
    """Both verdicts as one: the stronger outcome, with all that either found."""
    return Verdict(
        outcome=max(floor.outcome, live.outcome, key=lambda outcome: outcome.rank),
        categories=_in_order({*floor.categories, *live.categories}),
        source=Source.LIVE,
        rules=floor.rules + live.rules,
    )


def _in_order(categories: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(categories, key=_ORDER.__getitem__))
