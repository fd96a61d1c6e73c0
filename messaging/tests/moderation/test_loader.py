"""The data files' own rules: a mistake in them stops the start, and nothing in them can take long."""

import re

import pytest

from messaging.moderation.loader import RuleInvalid, rules_load

RULES = rules_load()
RULE = """
rules:
- {{id: one, category: spam, outcome: block, match: ["{pattern}"], examples: [x]{more}}}
"""


def load(folder, pattern, more=""):
    (folder / "rules.yaml").write_text(RULE.format(pattern=pattern, more=more))
    return rules_load(folder)


@pytest.mark.parametrize("pattern", ["a+", "a*", "(?:ab)+", ".*b", "a{2,}", "a+?b"])
def test_an_unbounded_repetition_does_not_load(tmp_path, pattern):
    with pytest.raises(RuleInvalid, match="unbounded"):
        load(tmp_path, pattern)


def test_a_bounded_one_does(tmp_path):
    assert load(tmp_path, "a{1,3}")[0].pattern.search("x aaa")


@pytest.mark.parametrize(
    ("pattern", "more"),
    [
        ("(", ""),
        ("{nowhere}", ""),
        ("a", ", view: sideways"),
        ("a", ", check: astrology"),
        ("a", ', unless: ["("]'),
    ],
)
def test_a_mistake_names_its_rule(tmp_path, pattern, more):
    with pytest.raises(RuleInvalid, match="one"):
        load(tmp_path, pattern, more)


def test_an_unknown_category_or_outcome_does_not_load(tmp_path):
    for old, new in (("spam", "weather"), ("outcome: block", "outcome: shrug")):
        (tmp_path / "rules.yaml").write_text(RULE.format(pattern="a", more="").replace(old, new))
        with pytest.raises(RuleInvalid):
            rules_load(tmp_path)


def test_two_rules_cannot_share_an_id(tmp_path):
    text = RULE.format(pattern="a", more="")
    (tmp_path / "rules.yaml").write_text(text + text.replace("\nrules:\n", ""))

    with pytest.raises(RuleInvalid, match="same id"):
        rules_load(tmp_path)


def test_word_lists_expand_inside_word_lists(tmp_path):
    (tmp_path / "a.yaml").write_text("words: {a: 'x|y', b: '{a}{a}'}\nexcuses: {calm: ['not {match}']}\n")
    rule = load(tmp_path, "{b}", ", unless: [calm]")[0]

    assert rule.pattern.search("xy") is not None
    assert rule.excuse.search("not M") is not None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_match_has_a_greatest_length(rule):
    """With a bounded match, finding all matches costs a constant a character: the linear time promise."""
    widest = re._parser.parse(rule.source).getwidth()[1]  # the standard library's parser knows the widths

    assert widest < 3_000
