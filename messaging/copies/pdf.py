"""A conversation as a PDF to read: drawn message by message, so that only finished pages are kept."""

from collections.abc import Container, Iterable
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import LETTER
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from messaging.copies import letters
from messaging.copies.program import state_of
from messaging.types import MessageView
from observability import logs

log = logs.get_logger(__name__)

_WIDTH, _HEIGHT = LETTER
_MARGIN: Final = 60.0
_ROOM: Final = _WIDTH - 2 * _MARGIN
_LATIN: Final = frozenset({*range(0x20, 0x7F), *range(0xA0, 0x100)})


def write(
    out: Any, messages: Iterable[MessageView], *, title: str, name: str, zone: Any, at: datetime
) -> None:
    """The conversation with its title, language and page numbers; what has no sign in the font is replaced,
    and the last line says so.
    """
    page = _Page(out, title)
    page.lines(title, size=17, bold=True)
    made = _("As %(name)s saw it on %(day)s. Times are those of %(zone)s.")
    page.lines(made % {"name": name, "day": _moment(at, zone), "zone": zone}, grey=True)
    count = 0
    for message in messages:
        count += 1
        _message(page, message, zone)
    if not count:
        page.gap(14)
        page.lines(_("No messages yet."), grey=True)
    if page.has_replaced:
        page.gap(18)
        page.lines(
            _("Signs that this font lacks stand as %(sign)s, emoji by name. The JSON copy holds them all.")
            % {"sign": letters.MISSING},
            grey=True,
        )
    page.close()


def _message(page: "_Page", message: MessageView, zone: Any) -> None:
    page.gap(14)
    head = f"{message.sender.name} · {_moment(message.sent_at, zone)}"
    if message.edited_at is not None and message.deleted_at is None:
        head += f" · {_('edited')}"
    page.lines(head, size=9, bold=True, keep=3)
    page.gap(2)
    match state_of(message):
        case "shown":
            page.lines(message.body or "", size=10.5)
        case "deleted":
            page.lines(_("This message was deleted."), grey=True)
        case "hidden":
            page.lines(_("This message is hidden. It can be shown in the conversation."), grey=True)
        case _:
            page.lines(_("This message can no longer be read."), grey=True)
    for each in message.attachments:
        page.lines(_("Attached: %(name)s") % {"name": each.name}, size=9, grey=True)


def _moment(at: datetime, zone: Any) -> str:
    return date_format(at.astimezone(zone), "DATETIME_FORMAT")


class _Page:
    """Where the next line goes; a new page begins when there is no room."""

    def __init__(self, out: Any, title: str) -> None:
        self._regular, self._bold, self._glyphs = _fonts()
        self._canvas = Canvas(
            out, pagesize=LETTER, pageCompression=1, lang=(get_language() or "en").partition("-")[0]
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor("Bloom")
        self._canvas.setCreator("Bloom")
        self._canvas.setSubject(title)
        # What is in the window's bar is the title, not the file's name.
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._title = title
        self._number = 0
        self.has_replaced = False
        self._begin()

    def gap(self, points: float) -> None:
        """Leave room, but not at the top of a page."""
        if self._y < _HEIGHT - _MARGIN:
            self._y -= points

    def lines(
        self, text: str, *, size: float = 10.5, bold: bool = False, grey: bool = False, keep: int = 1
    ) -> None:
        """Draw a text, at its side; `keep` lines of it and of what follows stay on one page."""
        font = self._bold if bold else self._regular
        ready = letters.drawable(text, self._glyphs)
        self.has_replaced = self.has_replaced or ready != text
        height = size * 1.4
        measure = partial(pdfmetrics.stringWidth, fontName=font, fontSize=size)
        for number, (line, at_right) in enumerate(letters.lines_of(ready, _ROOM, measure)):
            if self._y - height * (keep if number == 0 else 1) < _MARGIN:
                self._end()
                self._begin()
            self._y -= height
            self._canvas.setFont(font, size)
            self._canvas.setFillGray(0.4 if grey else 0.1)
            if at_right:
                self._canvas.drawRightString(_WIDTH - _MARGIN, self._y, line)
            else:
                self._canvas.drawString(_MARGIN, self._y, line)

    def close(self) -> None:
        self._end()
        self._canvas.save()

    def _begin(self) -> None:
        self._number += 1
        self._y = _HEIGHT - _MARGIN

    def _end(self) -> None:
        self._canvas.setFont(self._regular, 8)
        self._canvas.setFillGray(0.4)
        self._canvas.drawRightString(
            _WIDTH - _MARGIN, _MARGIN / 2, _("Page %(number)d") % {"number": self._number}
        )
        self._canvas.showPage()


@cache
def _fonts() -> tuple[str, str, Container[int]]:
    """The two fonts, and which signs both have; without the built front end those of every PDF reader."""
    paths = [finders.find(f"fonts/DejaVuSans{which}.ttf") for which in ("", "-Bold")]
    if None in paths:
        log.warning("messaging.copy_font_missing")
        return "Helvetica", "Helvetica-Bold", _LATIN
    fonts = [TTFont(name, path) for name, path in zip(("Bloom", "Bloom-Bold"), paths, strict=True)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    known = [frozenset(each.face.charToGlyph) for each in fonts]
    return "Bloom", "Bloom-Bold", frozenset.intersection(*known)
