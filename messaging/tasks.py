"""What beat asks of messaging."""

from celery import shared_task

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from messaging import services


@shared_task(name="messaging.messages_remoderate")
def messages_remoderate() -> None:
    """Every few seconds: have the live service see what the rules judged alone."""
    services.messages_remoderate(Actor.for_system("remoderation"), at=clock.now())
