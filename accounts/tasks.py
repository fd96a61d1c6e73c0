"""What beat asks of accounts."""

from celery import shared_task

from accounts import services
from bloom.kernel import clock
from bloom.kernel.actor import Actor


@shared_task(name="accounts.sessions_clear")
def sessions_clear() -> None:
    """Once in a while: forget the sessions whose time is over."""
    services.sessions_clear(Actor.for_system("sessions_clear"), at=clock.now())
