"""What the worker does for the record. Beat starts the sweep and the sealer every few seconds."""

from celery import shared_task

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from observability import hints, services


@shared_task(name=hints.DRAIN_TASK)
def outbox_drain() -> None:
    """Deliver what is due; started by the hint after a commit."""
    services.outbox_drain(Actor.for_system("outbox"), at=clock.now())


@shared_task(name="observability.outbox_sweep")
def outbox_sweep() -> None:
    """Deliver what is due; started by the clock, for what no hint told of."""
    services.outbox_drain(Actor.for_system("outbox"), at=clock.now())


@shared_task(name="observability.seal_run")
def seal_run(*, everything: bool = False, near: bool = False) -> None:
    """Seal what is unsealed."""
    services.seal_run(Actor.for_system("sealer"), at=clock.now(), everything=everything, near=near)
