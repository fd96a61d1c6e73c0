"""What beat asks of scheduling."""

from celery import shared_task

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from scheduling import services


@shared_task(name="scheduling.appointments_settle")
def appointments_settle() -> None:
    """Once a minute: requests that nobody answered in time lapse, and what is over was held."""
    services.appointments_settle(Actor.for_system("appointments"), at=clock.now())


@shared_task(name="scheduling.openings_tell")
def openings_tell() -> None:
    """Once a minute: when each therapist of the directory can be seen next."""
    services.openings_tell(Actor.for_system("openings"), at=clock.now())


@shared_task(name="scheduling.waitlist_run")
def waitlist_run() -> None:
    """Every few seconds: what nobody answered goes to the next who waits, and what is free is offered."""
    services.waitlist_run(Actor.for_system("waitlist"), at=clock.now())


@shared_task(name="scheduling.reminders_run")
def reminders_run() -> None:
    """Twice a minute: who wants to be reminded now is."""
    services.reminders_run(Actor.for_system("reminders"), at=clock.now())


@shared_task(name="scheduling.series_extend")
def series_extend() -> None:
    """Every ten minutes: appointments that come again are made further, as time goes on."""
    services.series_extend(Actor.for_system("series"), at=clock.now())


@shared_task(name="scheduling.outside_read")
def outside_read() -> None:
    """Every fifteen seconds: calendars of therapists elsewhere that are due are read."""
    services.outside_read(Actor.for_system("outside"), at=clock.now())


@shared_task(name="scheduling.outside_sweep")
def outside_sweep() -> None:
    """Once an hour: times of calendars elsewhere that stand against nothing any more are gone."""
    services.outside_sweep(Actor.for_system("outside"), at=clock.now())


@shared_task(name="scheduling.reminders_catch_up")
def reminders_catch_up() -> None:
    """Every ten minutes: what is to be reminded of, and nobody has noted so."""
    services.reminders_catch_up(Actor.for_system("reminders"), at=clock.now())
