"""What the demo's people write: it can be stored, is judged as it is meant, and reaches whom it is for."""

import random
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import yaml

from accounts import seed as accounts_seed
from bloom.kernel.registry import SeedContext
from messaging import rules, seed
from messaging.models import Conversation, Message
from messaging.moderation import moderator_default
from messaging.moderation.types import Outcome
from messaging.tests.factories import AT, User
from messaging.types import MemberRole

TEXTS = yaml.safe_load(seed.TEXTS.read_text())
PLAIN_AT_LEAST = 15


def outcomes(text):
    moderator = moderator_default()
    return [(turn["who"], moderator.judge(turn["text"]).outcome) for turn in text["turns"]]


def test_each_text_is_a_conversation():
    assert len({text["id"] for text in TEXTS}) == len(TEXTS) >= 24
    for text in TEXTS:
        assert set(text) == {"id", "topic", "turns"}
        assert text["topic"]
        assert 6 <= len(text["turns"]) <= 40
        assert {turn["who"] for turn in text["turns"]} == set(MemberRole)
        assert 0 <= text["turns"][0]["minutes_after_previous"] < 24 * 60
        assert all(turn["minutes_after_previous"] > 0 for turn in text["turns"][1:])


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text["id"])
def test_each_body_can_be_stored_as_it_stands(text):
    for turn in text["turns"]:
        assert set(turn) == {"who", "minutes_after_previous", "text"}
        assert rules.body_clean(turn["text"]) == turn["text"]


@pytest.mark.parametrize(
    ("number", "flagged"), [(0, Outcome.BLUR), (1, Outcome.CRISIS)], ids=["blur", "crisis"]
)
def test_the_first_two_show_what_moderation_does_and_an_answer_to_it(number, flagged):
    judged = outcomes(TEXTS[number])
    found = [place for place, one in enumerate(judged) if one == (MemberRole.PATIENT, flagged)]
    assert len(found) == 1
    assert any(who == MemberRole.THERAPIST for who, _ in judged[found[0] + 1 : found[0] + 3])


def test_nothing_else_is_flagged():
    for number, text in enumerate(TEXTS):
        flagged = [outcome for _, outcome in outcomes(text) if outcome is not Outcome.ALLOW]
        assert flagged == {0: [Outcome.BLUR], 1: [Outcome.CRISIS]}.get(number, []), text["id"]


def test_enough_beginnings_are_plain_for_a_crowd():
    seed._plain_texts.cache_clear()
    seed._texts.cache_clear()
    assert len(seed._plain_texts()) >= PLAIN_AT_LEAST


@pytest.mark.django_db
def test_the_demo_pairs_get_the_texts_that_were_written_for_them():
    context = SeedContext(
        seed=1, scale=0, at=AT + timedelta(days=2000), random=random.Random(1), say=lambda text: None
    )
    accounts_seed.people(context)
    seed.conversations(context)
    for address, text in (("patient@bloom.demo", TEXTS[0]), ("patient2@bloom.demo", TEXTS[1])):
        person = User.objects.get(email=address)
        place = Conversation.objects.unscoped(reason="test").get(patient_id=person.id)
        rows = Message.objects.unscoped(reason="test").filter(conversation_id=place.id).order_by("seq")
        sent = [row.sent_at.astimezone(ZoneInfo(person.time_zone)) for row in rows]
        assert len(sent) == len(text["turns"])
        first = text["turns"][0]["minutes_after_previous"]
        assert sent[0].hour * 60 + sent[0].minute == first
        gaps = [(two - one).total_seconds() / 60 for one, two in pairwise(sent)]
        assert gaps == [turn["minutes_after_previous"] for turn in text["turns"][1:]]
        assert context.at - timedelta(days=4) <= sent[-1] < context.at
