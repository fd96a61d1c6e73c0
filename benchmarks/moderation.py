"""How fast texts are judged, beside what cannot be avoided: encoding the text and one RE2 pass over it.

    python -m benchmarks.moderation

The second table shows that time grows with the length alone: 64 KiB against 8 KiB of the same shape, per
character. A ratio near 1 is linear; a quadratic step would show as 0.125.
"""

from collections.abc import Callable
from pathlib import Path

import re2
import yaml

from benchmarks import report
from messaging.moderation import moderator_default
from messaging.moderation.normalise import normalise

CORPUS = Path(__file__).parent.parent / "messaging" / "tests" / "moderation" / "corpus"
KIB = 1024
SHAPES = {
    "prose": "I slept badly, and work was hard again this week. ",
    "spaced letters": "k i l l ",
    "openings of danger": "i want to ",
    "danger": "i want to kill myself ",
    "denied danger": "i am not suicidal ",
    "unfinished past": "when i was a ",
    "card-like digits": "4111 ",
    "stacked marks": "\u0301\u0327\u0336",
    "hebrew points": "\u05b0\u05c2",
    "look-alikes": "аеорсух ",
    "ligatures": "\ufdfa",
    "one word a line": "want\n",
    "words between emoji": "want 😔 ",
    "run together": "iwanttodie",
    "gaps": "a" + " " * 500,
}


def main() -> None:
    judge = moderator_default().judge
    groups = [
        group
        for path in sorted(CORPUS.glob("*.yaml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    ordinary = [line for group in groups if group["outcome"] == "allow" for line in group["lines"]]
    flagged = [line for group in groups if group["outcome"] != "allow" for line in group["lines"]]
    nothing = re2.compile(r"\x00")

    def over(lines: list[str], call: Callable[[str], object]) -> Callable[[], object]:
        return lambda: [call(line) for line in lines]

    rows = report.compare(
        {
            "one bare RE2 pass": over(ordinary, nothing.search),
            "normalise": over(ordinary, normalise),
            "judge, nothing found": over(ordinary, judge),
            "judge, something found": over(flagged, judge),
        },
        bound="one bare RE2 pass",
    )
    report.show(f"moderation: {len(ordinary)} ordinary and {len(flagged)} other lines a call", rows)

    for name, unit in SHAPES.items():
        short, long = ((unit * (size // len(unit) + 1))[:size] for size in (8 * KIB, 64 * KIB))
        rows = report.compare(
            {"8 x 8 KiB": over([short] * 8, judge), "64 KiB": over([long], judge)},
            bound="8 x 8 KiB",
            rounds=3,
        )
        report.show(f"moderation, length: {name}", rows)


if __name__ == "__main__":
    main()
