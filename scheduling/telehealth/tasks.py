"""What beat asks of telehealth."""

from celery import shared_task

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from scheduling.telehealth import services


@shared_task(name="scheduling.meetings_run")
def meetings_run() -> None:
    """Every few seconds: make, move and cancel the meetings that are due."""
    services.meetings_run(Actor.for_system("meetings"), at=clock.now())


@shared_task(name="scheduling.meetings_catch_up")
def meetings_catch_up(*, everything: bool = False) -> None:
    """Every minute: appointments of the coming days that should have a meeting, and have none, get theirs;
    once an hour, all. Those whose two are in their meeting already are in session.
    """
    services.meetings_catch_up(Actor.for_system("meetings"), everything=everything, at=clock.now())


@shared_task(name="scheduling.deliveries_place")
def deliveries_place() -> None:
    """Every minute: find out of which meeting the news is that did not say it."""
    services.deliveries_place(Actor.for_system("meetings"), at=clock.now())


@shared_task(name="scheduling.deliveries_forget")
def deliveries_forget() -> None:
    """Once an hour: what vendors sent is gone when its time is over."""
    services.deliveries_forget(Actor.for_system("meetings"), at=clock.now())


@shared_task(name="scheduling.rooms_sweep")
def rooms_sweep() -> None:
    """Every quarter of a minute: rooms of which nothing is heard any more are over."""
    services.rooms_sweep(Actor.for_system("rooms"), at=clock.now())


@shared_task(name="scheduling.arrivals_forget")
def arrivals_forget() -> None:
    """Once an hour: where patients said that they were is gone when its time is over."""
    services.arrivals_forget(Actor.for_system("rooms"), at=clock.now())


@shared_task(name="scheduling.sessions_end")
def sessions_end() -> None:
    """Every ten minutes: sessions whose end nobody saw are over."""
    services.sessions_end(Actor.for_system("rooms"), at=clock.now())
