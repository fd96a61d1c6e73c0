"""What Prometheus reads of the record. The rest comes from django-prometheus."""

from collections.abc import Iterator

from prometheus_client import REGISTRY, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from observability import logs, selectors

log = logs.get_logger(__name__)

refusals = Counter("bloom_refusals", "Refusals of real objects that were put on record")
refusals_dropped = Counter("bloom_refusals_dropped", "Refusals above the limit of one caller, counted only")


class RecordCollector(Collector):
    """Asks the tables at each scrape, so that one web process tells of what the workers do. Three queries."""

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        actor, now = Actor.for_system("metrics"), clock.now()
        try:
            outbox, chain = selectors.outbox_state(actor), selectors.chain_state(actor)
        except Exception:
            log.warning("metrics.database_down", exc_info=True)
            yield GaugeMetricFamily("bloom_database_up", "Whether the database answered", value=0)
            return
        due = outbox.oldest_due_at
        lag = max(0.0, (now - due).total_seconds()) if due else 0.0
        age = (now - chain.sealed_at).total_seconds() if chain.sealed_at else 0.0
        waiting = chain.oldest_unsealed_at
        unsealed = max(0.0, (now - waiting).total_seconds()) if waiting else 0.0
        yield GaugeMetricFamily("bloom_database_up", "Whether the database answered", value=1)
        yield GaugeMetricFamily("bloom_outbox_pending", "Deliveries that wait", value=outbox.pending)
        yield GaugeMetricFamily("bloom_outbox_dead", "Deliveries that were given up", value=outbox.dead)
        yield GaugeMetricFamily("bloom_outbox_lag_seconds", "How overdue the oldest delivery is", value=lag)
        yield GaugeMetricFamily("bloom_audit_head_number", "Number of the newest seal", value=chain.number)
        yield GaugeMetricFamily("bloom_audit_head_age_seconds", "Age of the newest seal", value=age)
        yield GaugeMetricFamily(
            "bloom_audit_unsealed_age_seconds", "Age of the oldest event without a seal", value=unsealed
        )


def register() -> None:
    """Add the record to what `/metrics` shows. Called once, when the app is ready."""
    REGISTRY.register(RecordCollector())
