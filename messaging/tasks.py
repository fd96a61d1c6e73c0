"""What beat asks of messaging."""

from celery import shared_task

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from messaging import services


@shared_task(name="messaging.crisis_alerts_widen")
def crisis_alerts_widen() -> None:
    """Every few seconds: tell others of the alerts that nobody answers."""
    services.crisis_alerts_widen(Actor.for_system("crisis_alerts"), at=clock.now())


@shared_task(name="messaging.messages_remoderate")
def messages_remoderate() -> None:
    """Every few seconds: have the live service see what the rules judged alone."""
    services.messages_remoderate(Actor.for_system("remoderation"), at=clock.now())


@shared_task(name="messaging.absent_tell")
def absent_tell() -> None:
    """Once a minute: mail for those who are away while something waits for them."""
    services.absent_tell(Actor.for_system("absence"), at=clock.now())


@shared_task(name="messaging.scheduled_send_due")
def scheduled_send_due() -> None:
    """Once a minute: send what was written to go later and is due."""
    services.scheduled_send_due(Actor.for_system("scheduled_messages"), at=clock.now())


@shared_task(name="messaging.scheduled_forget")
def scheduled_forget() -> None:
    """Once an hour: what was written to go later leaves, long after it went, or nobody can read it."""
    services.scheduled_forget(Actor.for_system("scheduled_messages"), at=clock.now())
