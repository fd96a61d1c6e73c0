"""What beat asks of files."""

from celery import shared_task

from bloom.files import services
from bloom.kernel import clock
from bloom.kernel.actor import Actor


@shared_task(name="files.files_sweep")
def files_sweep() -> None:
    """Often: remove what nobody uses any more."""
    services.files_sweep(Actor.for_system("files_sweep"), at=clock.now())
