"""The one function that delivers, against a feed in memory and every kind of bad luck."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bloom.realtime import delivery
from bloom.realtime.delivery import SharedPulls
from bloom.realtime.outbox import FRAMES_LIMIT
from bloom.realtime.tests.memory import BOARD, FEED, ME, OTHER, MemoryFeed, Wire, plugged_in, settle
from bloom.realtime.types import Hint


@pytest.fixture
def feed() -> Iterator[MemoryFeed]:
    with plugged_in(MemoryFeed({BOARD: []})) as memory:
        yield memory


@pytest.fixture(autouse=True, scope="module")
def at_once() -> Iterator[None]:
    """Nothing waits for its turn longer than other tasks take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "TURN_SECONDS", 0)
        yield


STEPS = st.lists(
    st.sampled_from(
        [
            "other",
            "other ready",
            "ready late",
            "own",
            "own late",
            "lost",
            "again",
            "old",
            "ping",
            "edit",
            "break",
            "yield",
        ]
    ),
    max_size=40,
)


@given(STEPS)
@hypothesis_settings(max_examples=300, deadline=None)
def test_whatever_is_lost_doubled_or_late_each_change_comes_once_in_order(steps: list[str]) -> None:
    with plugged_in(MemoryFeed({BOARD: []})) as memory:
        asyncio.run(play(memory, steps))


async def play(memory: MemoryFeed, steps: list[str]) -> None:
    wire = Wire(memory)
    await wire.deliveries.start()
    own: set[int] = set()
    for step in steps:
        match step:
            case "other":
                wire.hint(memory.store(OTHER))
            case "other ready":
                change = memory.store(OTHER)
                wire.hint(change, ready=memory.delivery(BOARD, change))
            case "ready late":
                # Told of in the other order than stored.
                first, second = memory.store(OTHER), memory.store(OTHER)
                for change in (second, first):
                    wire.hint(change, ready=memory.delivery(BOARD, change))
            case "own" | "own late":
                wire.idle.clear()
                change = memory.store(ME)
                own.add(change)
                if step == "own late":
                    await settle()
                else:
                    wire.hint(change, origin=wire.id)
                wire.deliveries.delivered(FEED, BOARD, change)
                wire.idle.set()
            case "edit" if OTHER in memory.channels[BOARD]:
                memory.edit()
            case "lost":
                memory.store(OTHER)
            case "again" if memory.channels[BOARD]:
                wire.hint(len(memory.channels[BOARD]))
            case "old" if memory.channels[BOARD] and memory.channels[BOARD][0]:
                wire.hint(1, ready=memory.delivery(BOARD, 1))
            case "ping":
                wire.deliveries.heal()
            case "break":
                memory.broken = not memory.broken
            case "yield":
                await settle()
    memory.broken = False
    wire.deliveries.heal()
    await settle()
    changes = wire.changes()
    assert all(earlier < later for earlier, later in pairwise(changes))
    assert own.isdisjoint(changes)
    standing = {change for change, author in enumerate(memory.channels[BOARD], 1) if author is not None}
    assert standing - own <= set(changes)
    wire.stop()


async def test_a_burst_of_hints_is_one_pull(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    await wire.deliveries.start()
    for _ in range(50):
        wire.hint(feed.store(OTHER))
    await settle()
    assert wire.changes() == list(range(1, 51))
    assert feed.pulls == 1
    wire.stop()


async def test_a_ready_change_needs_no_pull_and_is_encoded_once(feed: MemoryFeed) -> None:
    wires = [Wire(feed) for _ in range(3)]
    for wire in wires:
        await wire.deliveries.start()
    ready = feed.delivery(BOARD, feed.store(OTHER))
    for wire in wires:
        wire.hint(1, ready=ready)
    await settle()
    assert [wire.changes() for wire in wires] == [[1]] * 3
    assert feed.pulls == 0
    assert ready.text is ready.text
    for wire in wires:
        wire.stop()


async def test_what_is_told_of_before_its_turn_needs_no_pull(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    await wire.deliveries.start()
    changes = [feed.store(OTHER) for _ in range(4)]
    for change in (2, 4, 1, 3):
        wire.hint(change, ready=feed.delivery(BOARD, change))
    await settle()
    assert wire.changes() == changes
    assert feed.pulls == 0
    wire.stop()


async def test_what_is_missing_before_it_is_asked_for(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    await wire.deliveries.start()
    feed.store(OTHER)
    change = feed.store(OTHER)
    wire.hint(change, ready=feed.delivery(BOARD, change))
    await settle()
    assert wire.changes() == [1, 2]
    assert feed.pulls == 1
    wire.stop()


async def test_what_comes_ready_during_a_pull_that_does_not_hold_it_follows_it(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    await wire.deliveries.start()

    def before() -> None:
        if feed.pulls == 1:
            change = feed.store(OTHER)
            wire.hint(change, ready=feed.delivery(BOARD, change))

    feed.before = before
    wire.hint(feed.store(OTHER))
    await settle()
    assert wire.changes() == [1, 2]
    assert feed.pulls == 1
    wire.stop()


async def test_sockets_of_one_person_share_a_pull(feed: MemoryFeed) -> None:
    shared = SharedPulls()
    wires = [Wire(feed, shared) for _ in range(5)]
    for wire in wires:
        await wire.deliveries.start()
    change = feed.store(OTHER)
    for wire in wires:
        wire.hint(change)
    await settle()
    assert [wire.changes() for wire in wires] == [[1]] * 5
    assert feed.pulls == 1
    for wire in wires:
        wire.stop()


async def test_one_socket_that_goes_away_does_not_take_the_others_answer(feed: MemoryFeed) -> None:
    shared = SharedPulls()
    wires = [Wire(feed, shared) for _ in range(2)]
    for wire in wires:
        await wire.deliveries.start()
    change = feed.store(OTHER)
    for wire in wires:
        wire.hint(change)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    wires[0].stop()
    await settle()
    assert wires[1].changes() == [1]
    wires[1].stop()


async def test_what_comes_while_a_pull_is_on_its_way_is_not_missed(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    await wire.deliveries.start()

    def meanwhile() -> None:
        feed.before = lambda: None
        change = feed.store(OTHER)
        wire.hint(change, ready=feed.delivery(BOARD, change))

    feed.before = meanwhile
    wire.hint(feed.store(OTHER))
    await settle()
    assert wire.changes() == [1, 2]
    wire.stop()


@pytest.mark.parametrize("is_new", [False, True])
async def test_a_hint_while_the_heads_are_on_their_way_counts(feed: MemoryFeed, is_new: bool) -> None:
    """Stored after the feed was asked, hinted at before its answer arrives; in a known board or a new one."""
    channel_id = uuid4() if is_new else BOARD
    wire = Wire(feed)

    def meanwhile() -> None:
        feed.before_heads = lambda: None
        change = feed.store(OTHER, channel_id)
        wire.deliveries.hint(Hint((ME,), FEED, channel_id, change, None), feed.delivery(channel_id, change))

    feed.before_heads = meanwhile
    await wire.deliveries.start()
    await settle()
    assert wire.changes(channel_id) == [1]
    wire.stop()


async def test_a_full_outbox_stops_pulling_and_nothing_is_lost(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    await wire.deliveries.start()
    wire.open.clear()
    total = 4 * FRAMES_LIMIT
    for _ in range(total):
        change = feed.store(OTHER)
        wire.hint(change, ready=feed.delivery(BOARD, change))
        await asyncio.sleep(0)
    await settle()
    assert not wire.outbox.has_room
    assert feed.pulls <= 1
    wire.open.set()
    for _ in range(50):
        await settle()
    assert wire.changes() == list(range(1, total + 1))
    wire.stop()


async def test_a_channel_that_is_no_longer_mine_is_forgotten(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    await wire.deliveries.start()
    feed.store(OTHER)
    del feed.channels[BOARD]
    wire.hint(1)
    await settle()
    assert wire.frames == []
    assert wire.deliveries._channels == {}
    wire.stop()


async def test_a_resume_during_a_pull_starts_from_where_the_client_says(feed: MemoryFeed) -> None:
    wire = Wire(feed)
    for _ in range(5):
        feed.store(OTHER)
    await wire.deliveries.start()
    wire.hint(feed.store(OTHER))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    resumed = await wire.deliveries.resume({BOARD: 2})
    assert (resumed.behind, resumed.read_only) == ({BOARD: 6}, ())
    await settle()
    assert wire.changes()[-4:] == [3, 4, 5, 6]
    wire.stop()
