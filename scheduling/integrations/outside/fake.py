"""A server of calendars that is not there. Each address below it is a calendar of its own."""

from bloom.kernel.sandbox import Answer, Ask, Fake, redirect

EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Fake//EN\r\nEND:VCALENDAR\r\n"


class CalendarsFake(Fake):
    """Answers what was put to an address (PUT), and 404 elsewhere; `/to/...` leads to that address."""

    name = "calendars"

    def __init__(self) -> None:
        super().__init__()
        # By path, without the fake's own name.
        self.held: dict[str, bytes] = {}
        self.asked: list[Ask] = []

    def answer(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        if ask.method in ("PUT", "POST"):
            self.held[ask.path] = ask.body
            return Answer(status=204)
        if ask.path.startswith("/to/"):
            return redirect(f"{self.url}/{ask.path.removeprefix('/to/')}")
        found = self.held.get(ask.path)
        if found is None:
            return Answer(status=404)
        return Answer(type="text/calendar; charset=utf-8", body=found)
