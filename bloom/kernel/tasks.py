"""What beat asks of the kernel."""

from celery import shared_task

from bloom.kernel import clock, idempotency
from bloom.kernel.actor import Actor


@shared_task(name="kernel.answers_clear")  # type: ignore[untyped-decorator] # Celery says nothing of types
def answers_clear() -> None:
    """Once in a while: forget the answers to repeated requests whose day is over."""
    while idempotency.answers_clear(Actor.for_system("answers_clear"), at=clock.now()):
        pass
