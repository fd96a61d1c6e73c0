"""Reactions: each person and emoji once, in the order of changes, on every device."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests import factories as people
from bloom.kernel.errors import Invalid, NotFound, RateLimited
from messaging import selectors, services
from messaging.emoji import OFFERED, emoji_clean
from messaging.errors import MessageDeleted, TooManyReactions
from messaging.models import Reaction
from messaging.tests import factories
from messaging.tests.factories import AT

HEART, PLANT = "❤️", "🌱"


@pytest.fixture
def talk(db):
    return factories.talk()


def react(actor, message, emoji=HEART, on=True, at=AT):
    return services.reaction_toggle(actor, message.id, emoji, on, at=at)


def shown(actor, message):
    return [
        (each.emoji, each.count, each.mine) for each in selectors.message_get(actor, message.id).reactions
    ]


def test_each_person_and_emoji_counts_once(talk):
    message = factories.send(talk.as_patient, talk.id)
    assert react(talk.as_patient, message).change == 2
    # The same wish again, and the heart without its sign for colour, are the same heart.
    assert react(talk.as_patient, message).change == 2
    assert react(talk.as_patient, message, "❤").change == 2
    assert react(talk.as_therapist, message).change == 3
    assert react(talk.as_therapist, message, PLANT, at=AT + timedelta(seconds=1)).change == 4
    assert shown(talk.as_patient, message) == [(HEART, 2, True), (PLANT, 1, False)]
    assert shown(talk.as_therapist, message) == [(HEART, 2, True), (PLANT, 1, True)]
    assert react(talk.as_patient, message, on=False).change == 5
    assert react(talk.as_patient, message, on=False).change == 5
    assert shown(talk.as_patient, message) == [(HEART, 1, False), (PLANT, 1, False)]
    place = factories.conversation_row(talk.id)
    assert (place.last_seq, place.last_change) == (1, 5)


def test_a_change_says_whether_only_reactions_changed(talk):
    message = factories.send(talk.as_patient, talk.id)
    react(talk.as_therapist, message)

    def kinds(after):
        found = selectors.message_changes(talk.as_patient, talk.id, after, 10)
        return [(each.is_new, each.is_reaction) for each in found]

    assert kinds(0) == [(True, False)]
    assert kinds(1) == [(False, True)]
    services.message_edit(talk.as_patient, message.id, "Other words.", at=AT)
    react(talk.as_therapist, message, PLANT)
    assert kinds(1) == kinds(2) == [(False, False)]
    assert kinds(3) == [(False, True)]


@pytest.mark.parametrize(
    "emoji",
    ["", "a", "❤️❤️", ":heart:", "<b>", "https://example.org/x.png", "👍 ", "1", "\u200d", "👍\u200b"],
    ids=ascii,
)
def test_what_is_no_emoji_is_refused(talk, emoji):
    message = factories.send(talk.as_patient, talk.id)
    with pytest.raises(Invalid):
        react(talk.as_patient, message, emoji)
    assert not Reaction.objects.unscoped(reason="test").exists()


def test_strangers_and_deleted_messages_get_none(talk):
    message = factories.send(talk.as_patient, talk.id)
    react(talk.as_therapist, message)
    with pytest.raises(NotFound):
        react(people.actor(people.therapist()), message)
    services.message_delete(talk.as_patient, message.id, at=AT)
    with pytest.raises(MessageDeleted):
        react(talk.as_therapist, message, PLANT)
    assert shown(talk.as_therapist, message) == []


def test_one_person_gives_one_message_so_many(talk, monkeypatch):
    monkeypatch.setattr("messaging.rules.REACTIONS_LIMIT", 2)
    message = factories.send(talk.as_patient, talk.id)
    react(talk.as_patient, message)
    react(talk.as_patient, message, PLANT)
    with pytest.raises(TooManyReactions):
        react(talk.as_patient, message, "👍")
    react(talk.as_patient, message, on=False)
    react(talk.as_patient, message, "👍")


def test_a_flood_of_reactions_is_told_to_wait(talk, settings):
    settings.REACTIONS_PER_MINUTE, settings.RATE_FACTOR = 2, 1
    message = factories.send(talk.as_patient, talk.id)
    react(talk.as_patient, message)
    react(talk.as_patient, message, on=False)
    with pytest.raises(RateLimited):
        react(talk.as_patient, message)


def test_a_list_costs_one_more_query_for_reactions_however_many(talk, django_assert_num_queries):
    messages = [factories.send(talk.as_patient, talk.id) for _ in range(5)]
    react(talk.as_therapist, messages[0])
    selectors.message_list(talk.as_patient, talk.id)
    with django_assert_num_queries(2):
        selectors.message_list(talk.as_patient, talk.id)
    for message in messages:
        react(talk.as_therapist, message, PLANT)
        react(talk.as_patient, message, PLANT)
    with django_assert_num_queries(2):
        selectors.message_list(talk.as_patient, talk.id)


def test_all_that_the_page_offers_can_be_chosen():
    assert [emoji_clean(emoji) for emoji, _ in OFFERED] == [emoji for emoji, _ in OFFERED]


@given(st.text(max_size=20))
def test_whatever_is_taken_is_one_short_spelling(raw):
    """Cleaning twice is cleaning once, and no letter, markup or number comes through."""
    found = emoji_clean(raw)
    if found is not None:
        assert emoji_clean(found) == found
        assert len(found) <= 16
        assert not set(found) & set("<>&\"'/:abc ")
