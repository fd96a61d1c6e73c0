"""What beat asks of files."""

from uuid import UUID

from celery import shared_task

from bloom.files import services
from bloom.kernel import clock
from bloom.kernel.actor import Actor


@shared_task(name="files.files_sweep")
def files_sweep() -> None:
    """Often: remove what nobody uses any more."""
    services.files_sweep(Actor.for_system("files_sweep"), at=clock.now())


@shared_task(name="files.upload_check")
def upload_check(upload_id: str) -> None:
    """At once: look at a file that was just sent."""
    services.upload_check(Actor.for_system("upload_check"), UUID(upload_id), at=clock.now())


@shared_task(name="files.uploads_check")
def uploads_check() -> None:
    """Often: look at what waits, should the hint for it have been lost."""
    services.uploads_check(Actor.for_system("upload_check"), at=clock.now())
