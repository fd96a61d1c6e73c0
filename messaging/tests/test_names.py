"""Names are learnt together, forgotten when nobody needs them, and never older than they may be."""

import uuid
from types import SimpleNamespace

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import names
from messaging.templatetags.messaging import conversation_title
from messaging.types import ConversationKind, MemberRole

pytestmark = pytest.mark.django_db


@pytest.fixture
def now(monkeypatch):
    """The process's clock, in seconds, to be moved on."""
    moved = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(names, "time", SimpleNamespace(monotonic=lambda: moved.seconds))
    names._names.clear()
    names._needed.clear()
    yield moved
    names._names.clear()
    names._needed.clear()


def ask(*persons):
    found = names.names_get(people.SYSTEM, [each.id for each in persons])
    return [found[each.id].name for each in persons]


def test_whoever_asks_for_one_asks_for_those_that_were_needed_and_are_due(now, django_assert_num_queries):
    first, second, idle = (people.patient(name=name) for name in ("Ines", "Maya", "Noor"))
    ask(first, second, idle)
    assert names.name_cached(first.id)
    assert names.name_cached(second.id)
    now.seconds += names.KEPT_SECONDS * 0.6
    third = people.patient(name="Anna")
    with django_assert_num_queries(1):
        assert ask(third) == ["Anna"]
    now.seconds += names.KEPT_SECONDS * 0.6
    # Both are fresh, though nobody asked for them by name; what nobody needed has run out.
    with django_assert_num_queries(0):
        assert ask(first, second) == ["Ines", "Maya"]
    assert names.name_cached(idle.id) is None


def test_a_new_name_is_seen_within_its_time_however_often_it_is_needed(now):
    person = people.patient(name="Ines")
    ask(person)
    accounts_services.profile_change(people.actor(person), name="Ines Rivera", at=clock.now())
    for _ in range(4):
        now.seconds += names.KEPT_SECONDS * 0.3
        names.name_cached(person.id)
        ask(people.patient())
    assert ask(person) == ["Ines Rivera"]


def test_what_nobody_needs_is_forgotten(now):
    ask(*(people.patient() for _ in range(5)))
    now.seconds += names.KEPT_SECONDS + 1
    ask(people.patient())
    assert len(names._names) == 1
    assert names._needed == set()


def test_a_conversation_is_called_after_the_other_or_after_whose_care_team_it_is():
    ines = SimpleNamespace(id=uuid.uuid4(), name="Ines Rivera", role=MemberRole.PATIENT)
    noa = SimpleNamespace(id=uuid.uuid4(), name="נועה לוי", role=MemberRole.THERAPIST)

    def called(kind: ConversationKind, viewer: SimpleNamespace) -> str:
        return conversation_title(SimpleNamespace(kind=kind, members=(noa, ines)), viewer.id)

    assert called(ConversationKind.DIRECT, noa) == "Ines Rivera"
    assert called(ConversationKind.DIRECT, ines) == "\u2068נועה לוי\u2069"
    assert called(ConversationKind.TEAM, noa) == "Ines Rivera and care team"
    assert called(ConversationKind.TEAM, ines) == "Your care team"
