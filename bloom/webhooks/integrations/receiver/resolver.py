"""Names are looked up beside the sender, since the system's resolver knows no deadline.

A look-up that nobody waits for any more goes on in its thread for as long as the system likes. So each
practice has a few of them at once, and all together have a bound: who names a server that never answers waits
for themselves. Nothing queues: a look-up begins, or it is not begun.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from uuid import UUID

from bloom.webhooks.integrations.receiver.port import NotTried


class Resolver:
    """Runs look-ups, `each` of one practice and `together` of all; the next waits for `patience` seconds."""

    def __init__(self, *, together: int, each: int, patience: float) -> None:
        self.together, self.each, self.patience = together, each, patience
        self._running: Counter[UUID] = Counter()
        self._free = threading.Condition()

    def begin(self, practice_id: UUID, look_up: Callable[[], list[str]]) -> Future[list[str]]:
        """A look-up that runs from now on. Raises NotTried when none could begin."""
        with self._free:
            if not self._free.wait_for(lambda: self._has_room(practice_id), self.patience):
                raise NotTried
            self._running[practice_id] += 1
        future: Future[list[str]] = Future()
        # One that hangs keeps no process from ending.
        thread = threading.Thread(
            target=self._run, args=(practice_id, look_up, future), name="webhook-name", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            self._end(practice_id)
            raise NotTried from None
        return future

    def _has_room(self, practice_id: UUID) -> bool:
        return self._running[practice_id] < self.each and self._running.total() < self.together

    def _run(self, practice_id: UUID, look_up: Callable[[], list[str]], future: Future[list[str]]) -> None:
        try:
            try:
                found = look_up()
            finally:
                self._end(practice_id)
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(found)

    def _end(self, practice_id: UUID) -> None:
        with self._free:
            self._running[practice_id] -= 1
            if not self._running[practice_id]:
                del self._running[practice_id]
            self._free.notify_all()
