"""What beat asks of webhooks."""

from celery import shared_task

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.webhooks import services


@shared_task(name="webhooks.record_follow")
def record_follow() -> None:
    """Every few seconds: what the record holds anew, for those who want to be told."""
    services.record_follow(Actor.for_system("webhooks"), at=clock.now())


@shared_task(name="webhooks.deliveries_send")
def deliveries_send() -> None:
    """Every few seconds: send what is due."""
    services.deliveries_send(Actor.for_system("webhooks"), at=clock.now())


@shared_task(name="webhooks.deliveries_forget")
def deliveries_forget() -> None:
    """Once an hour: what was sent a month ago is gone."""
    services.deliveries_forget(Actor.for_system("webhooks"), at=clock.now())
