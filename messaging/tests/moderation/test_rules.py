"""The deterministic moderator against every labelled line, every rule's own examples, and its promises."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.moderation import moderator_default
from messaging.moderation.categories import CATEGORIES
from messaging.moderation.loader import rules_load
from messaging.moderation.types import Outcome, Verdict

JUDGE = moderator_default().judge
RULES = rules_load()
GROUPS = [
    group
    for path in sorted((Path(__file__).parent / "corpus").glob("*.yaml"))
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))
]
CRISIS_LINES = [line for group in GROUPS if group["outcome"] == "crisis" for line in group["lines"]]

# What a person's eye takes for the same letter.
LOOKALIKES = dict(
    zip(
        "aceiopsxydkl",
        ["аɑ𝐚", "сⅽ", "eｅ𝑒", "іıⓘ", "оοօ", "рｐ", "ѕ", "х", "уү", "ԁ𝖉", "κк", "ⅼ𝓵"],
        strict=True,
    )
)
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\ufe0f\u034f\u0301\u0336"
SLOW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["group"])
def test_every_line_of_the_corpus_gets_its_outcome(group):
    wrong = [(line, JUDGE(line)) for line in group["lines"] if JUDGE(line).outcome != group["outcome"]]

    assert not wrong, "\n".join(f"{line!r} got {verdict}" for line, verdict in wrong)


def test_the_corpus_is_large_and_balanced():
    lines = [line for group in GROUPS for line in group["lines"]]
    allowed = [line for group in GROUPS if group["outcome"] == "allow" for line in group["lines"]]

    assert len(lines) == len(set(lines)) >= 1100
    assert 0.35 < len(allowed) / len(lines) < 0.65


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_fires_on_its_examples_and_not_on_its_counterexamples(rule):
    assert rule.examples
    assert [text for text in rule.examples if rule.id not in JUDGE(text).rules] == []
    assert [text for text in rule.counterexamples if rule.id in JUDGE(text).rules] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_alone_gives_its_own_outcome_and_category(rule):
    verdicts = [JUDGE(text) for text in rule.examples]

    assert any(verdict.rules == (rule.id,) for verdict in verdicts), "no example shows this rule by itself"
    for verdict in verdicts:
        assert verdict.outcome.rank >= rule.outcome.rank
        assert rule.category in verdict.categories


def test_an_allowed_text_names_nothing():
    assert JUDGE("See you on Tuesday") == Verdict(Outcome.ALLOW, (), "deterministic", ())


def test_crisis_wins_over_block_and_block_over_blur():
    crisis, block, blur = "I want to kill myself.", "My ssn is 078-05-1120.", "You stupid bitch."

    assert [JUDGE(text).outcome for text in (crisis, block, blur)] == ["crisis", "block", "blur"]
    assert JUDGE(f"{blur} {block}").outcome == Outcome.BLOCK
    assert JUDGE(f"{block} {blur} {crisis}").outcome == Outcome.CRISIS
    assert JUDGE(f"{block} {blur} {crisis}").categories == (
        "self-harm/intent",
        "harassment",
        "sensitive-data",
    )
    assert [outcome.value for outcome in sorted(Outcome, key=lambda o: o.rank)] == [
        "allow",
        "blur",
        "block",
        "crisis",
    ]


def test_a_verdict_never_carries_the_text():
    verdict = JUDGE("I want to kill myself, said Zorblatt")

    assert "zorblatt" not in repr(verdict).lower()


def test_every_category_that_a_rule_gives_is_documented():
    assert {rule.category for rule in RULES} <= set(CATEGORIES)


@SLOW
@given(st.text(st.characters(codec=None, categories=None), max_size=400))
def test_any_text_gets_a_verdict_and_always_the_same(text):
    verdict = JUDGE(text)

    assert verdict == JUDGE(text)
    assert verdict.outcome in Outcome
    assert (verdict.outcome == Outcome.ALLOW) == (verdict.rules == ())
    assert set(verdict.categories) <= set(CATEGORIES)


@SLOW
@given(st.sampled_from(CRISIS_LINES), st.data())
def test_invisible_characters_hide_nothing(line, data):
    places = data.draw(st.lists(st.integers(0, len(line)), max_size=12))
    text = line
    for place in sorted(places, reverse=True):
        text = text[:place] + data.draw(st.sampled_from(INVISIBLE)) + text[place:]

    assert JUDGE(text).outcome == Outcome.CRISIS


@pytest.mark.parametrize("between", ["\n", " 😔 ", "😔", ".", " \n ", "<br>", " <b></b> ", " 💀 ", ", "])
@pytest.mark.parametrize(
    "line", ["I want to kill myself", "i just wanna die", "I took all my pills", "he hit me again last night"]
)
def test_what_stands_between_words_hides_nothing(line, between):
    assert JUDGE(line.replace(" ", between)).outcome == Outcome.CRISIS


@SLOW
@given(st.sampled_from(CRISIS_LINES), st.data())
def test_lookalike_letters_hide_nothing(line, data):
    chosen = data.draw(st.sets(st.sampled_from(sorted(LOOKALIKES))))
    swap = {letter: data.draw(st.sampled_from(LOOKALIKES[letter])) for letter in sorted(chosen)}
    text = "".join(swap.get(char, char) for char in line)

    assert JUDGE(text).outcome == Outcome.CRISIS


@SLOW
@given(st.sampled_from(CRISIS_LINES))
def test_shouting_fullwidth_and_spacing_hide_nothing(line):
    fullwidth = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in line)

    for text in (
        line.upper(),
        fullwidth,
        f"  {line}  ",
        line.replace(" ", "   "),
        line.replace(" ", "\u00a0"),
    ):
        assert JUDGE(text).outcome == Outcome.CRISIS, text


@SLOW
@given(
    st.sampled_from(CRISIS_LINES),
    st.sampled_from(["Thanks for today.", "Yes.", "I slept badly again.", "😔"]),
)
def test_a_danger_is_seen_among_other_sentences(line, other):
    assert JUDGE(f"{other} {line}").outcome == Outcome.CRISIS
    assert JUDGE(f"{line}\n{other}").outcome == Outcome.CRISIS


SIZE = 64 * 1024
HEAVY = {
    "one letter": "a",
    "spaced letters": "k i l l ",
    "openings of danger": "i want to ",
    "denials": "not ever really ",
    "dots": ". ",
    "digits": "4",
    "groups of digits": "4111 ",
    "stars": "*",
    "drawn-out words": "kiiiilll ",
    "digits for letters": "k1ll3d ",
    "invisible characters": "\u200b",
    "stacked marks": "\u0301\u0327\u0336",
    "hebrew points": "\u05b0\u05c2",
    "look-alikes": "аеорсух ",
    "mixed scripts": "kилл myself ",
    "ligatures": "\ufdfa",
    "words run together": "iwanttodie",
    "newlines": "\n",
    "single letters and dots": "a.b.",
    "one word a line": "want\n",
    "words between emoji": "want 😔 ",
    "capitals that look alike": "kII ",
    "tags": "<b>",
    "danger": "i want to kill myself ",
    "danger that is taken back": "i want to kill myself and i still do but ",
    "denied danger": "i am not suicidal ",
    "unfinished past": "when i was a ",
    "unfinished swindle": "send me your ",
    "surrogates": "\ud800",
}


@pytest.mark.parametrize("unit", HEAVY.values(), ids=HEAVY.keys())
def test_a_text_of_64_kib_is_judged_like_a_short_one(unit):
    filler = (unit * (SIZE // len(unit)))[: SIZE - 40]

    assert JUDGE(f"{filler}.\nI want to kill myself").outcome == Outcome.CRISIS


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(codec=None, categories=None), min_size=1, max_size=40))
def test_any_shape_of_text_up_to_64_kib_gets_a_verdict(unit):
    assert JUDGE(unit * (SIZE // len(unit))).outcome in Outcome
