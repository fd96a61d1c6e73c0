"""What operators see of messages (`/metrics`): who decided what, how fast, and what waits. Never a word."""

import functools
from collections.abc import Iterator

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bloom.kernel import clock
from messaging.models import Recheck
from messaging.moderation.breaker import BreakerState

VERDICTS = Counter(
    "bloom_moderation_verdicts_total",
    "Decisions about texts that were sent, by who decided and how.",
    ["source", "outcome"],
)
LIVE_SECONDS = Histogram(
    "bloom_moderation_live_seconds",
    "From asking the live service to its answer, by how it ended.",
    ["answer"],
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10),
)
BREAKER = Gauge("bloom_moderation_breaker", "1 for the state in which this process's breaker is.", ["state"])
SHUT_OUT = Counter(
    "bloom_moderation_not_asked_total", "Questions that the open breaker kept from the live service."
)

LISTS = Counter(
    "bloom_conversation_lists_total",
    "Lists of conversations, by where they came from: kept, read anew, or without Redis.",
    ["how"],
)


@functools.cache
def verdict_counter(source: str, outcome: str) -> Counter:
    """`VERDICTS` for one source and outcome."""
    return VERDICTS.labels(source, outcome)


@functools.cache
def list_counter(how: str) -> Counter:
    """`LISTS` for one way."""
    return LISTS.labels(how)


def breaker_show(state: BreakerState) -> None:
    for each in BreakerState:
        BREAKER.labels(each.value).set(each is state)


class RecheckCollector(Collector):
    """Asks the table at each scrape, so that a web process tells of what the worker has before it."""

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        waiting = Recheck.objects.unscoped(reason="how many wait, for operators").order_by("created_at")
        try:
            count, oldest = waiting.count(), waiting.values_list("created_at", flat=True).first()
        except Exception:
            # `bloom_database_up` tells of it; the page must answer whatever has become of the database.
            return
        age = max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0
        yield GaugeMetricFamily(
            "bloom_moderation_waiting", "Messages that the live service has yet to see", value=count
        )
        yield GaugeMetricFamily("bloom_moderation_waiting_seconds", "Age of the oldest of them", value=age)


def register() -> None:
    """Add what waits to what `/metrics` shows. Called once, when the app is ready."""
    REGISTRY.register(RecheckCollector())
