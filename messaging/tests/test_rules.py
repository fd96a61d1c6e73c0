"""The pure rules, for anything that could come in."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import rules

anything = st.text(st.characters(exclude_categories=[]), max_size=60)


@given(anything)
def test_a_body_is_clean_or_refused_and_cleaning_is_done_once(body):
    try:
        text = rules.body_clean(body)
    except rules.BadBody:
        return
    assert text == body.strip() == rules.body_clean(text)
    assert 1 <= len(text) <= rules.BODY_LIMIT
    assert "\0" not in text
    assert text.encode().decode() == text


@given(st.text(st.characters(categories=["Zs", "Zl", "Zp", "Cc", "Cf"]), max_size=30))
def test_what_cannot_be_seen_is_empty(body):
    with pytest.raises(rules.BadBody) as fault:
        rules.body_clean(body)
    assert fault.value.reason == rules.BadBody.EMPTY


@pytest.mark.parametrize(
    "body", [*"\u2800\u3164\u115f\u1160\uffa0\u034f\ufe0f\U000e0100", "\u3164 \u200b\u2800"]
)
def test_neither_can_what_unicode_calls_a_letter_or_a_sign(body):
    with pytest.raises(rules.BadBody) as fault:
        rules.body_clean(body)
    assert fault.value.reason == rules.BadBody.EMPTY


@given(st.integers(-3, 3), st.sampled_from(["x", "ä", "🙂", "好"]))
def test_the_limit_counts_characters(off, character):
    body = f"  {character * (rules.BODY_LIMIT + off)}\n"
    if off <= 0:
        assert len(rules.body_clean(body)) == rules.BODY_LIMIT + off
    else:
        with pytest.raises(rules.BadBody) as fault:
            rules.body_clean(body)
        assert fault.value.reason == rules.BadBody.TOO_LONG


@given(st.sampled_from(["\ud800", "\udfff", "\udc80"]), st.text(max_size=20))
def test_lone_surrogates_are_not_text(surrogate, rest):
    with pytest.raises(rules.BadBody):
        rules.body_clean(f"a{rest}{surrogate}b")


_ids = st.lists(st.uuids(), min_size=3, max_size=3)


@given(_ids, st.text(max_size=20), _ids, st.text(max_size=20))
def test_content_is_the_same_only_in_the_same_place(ids, body, other_ids, other_body):
    same = (ids, body) == (other_ids, other_body)
    one = rules.content_canonical(*ids, body)
    assert (one == rules.content_canonical(*other_ids, other_body)) is same


OUTCOMES = ["allow", "blur", "block", "crisis"]


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("is_sender", [True, False])
@pytest.mark.parametrize("revealed", [True, False])
@pytest.mark.parametrize("deleted", [True, False])
def test_what_a_viewer_gets(outcome, is_sender, revealed, deleted):
    seen = rules.sight(outcome=outcome, is_sender=is_sender, revealed=revealed, deleted=deleted)
    assert not (seen.body and seen.blurred)
    if deleted:
        assert seen == rules.Sight(body=False, blurred=False)
    elif is_sender:
        assert seen == rules.Sight(body=True, blurred=False)
    elif outcome == "blur":
        assert seen == rules.Sight(body=revealed, blurred=not revealed)
    else:
        assert seen == rules.Sight(body=outcome != "block", blurred=False)


def test_canonical_content_keeps_its_parts_apart():
    one, two, three = (uuid.UUID(int=number) for number in range(3))
    assert rules.content_canonical(one, two, three, "ab") != rules.content_canonical(one, three, two, "ab")


@pytest.mark.parametrize(
    ("categories", "whose"),
    [
        (["violence"], "others"),
        (["harassment/threatening"], "others"),
        (["self-harm/intent", "violence"], "self"),
        (["danger-from-others", "violence"], "self"),
        (["self-harm"], "self"),
        ([], "self"),
    ],
)
def test_in_doubt_the_writer_is_met_first(categories, whose):
    assert rules.danger_to(categories) == whose
