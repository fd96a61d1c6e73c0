from hypothesis import given
from hypothesis import strategies as st

from bloom.realtime.pace import Pace


@given(st.integers(1, 50), st.floats(1, 100), st.lists(st.floats(0, 10), max_size=200))
def test_never_more_than_the_limit_and_its_refill(limit: int, seconds: float, gaps: list[float]) -> None:
    pace, now, taken = Pace(limit, seconds), 1000.0, 0
    for gap in gaps:
        now += gap
        taken += pace.take(now)
    assert taken <= limit + (now - 1000.0) * limit / seconds + 1e-6


def test_a_whole_limit_at_once_then_one_by_one() -> None:
    pace = Pace(3, 60)
    assert [pace.take(5.0) for _ in range(4)] == [True, True, True, False]
    assert pace.wait() == 20
    assert not pace.take(24.9)
    assert pace.take(25.1)
    assert not pace.take(25.2)
