"""The page with which somebody reads the copy of their data: one file, no script, nothing from elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bloom.kernel.registry import ExportPart


def page_pieces(parts: Iterable[ExportPart], *, name: str, zone: Any, at: datetime) -> Iterator[str]:
    """The page from its first to its last letter, a row at a time. What people wrote is escaped."""
    yield format_html(
        '<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        "<title>{title}</title><style>",
        lang=get_language() or "en",
        title=_("Your data in Bloom"),
    )
    yield render_to_string("accounts/export/page.css")
    yield format_html(
        '</style></head><body><main><p class="mark">Bloom</p><h1>{title}</h1><p class="lead">{lead}</p>',
        title=_("Your data in Bloom"),
        lead=_(
            "%(name)s, this is what Bloom keeps of you, as of %(day)s. All times are those of %(zone)s. Keep"
            " it to yourself."
        )
        % {"name": name, "day": _moment(at, zone), "zone": str(zone).replace("_", " ")},
    )
    for part in parts:
        yield format_html('<section><h2 dir="auto">{}</h2>', part.title)
        empty = True
        for row in part.rows():
            empty = False
            yield _message(row, zone) if part.is_talk else _facts(part, row, zone)
        if empty:
            yield format_html('<p class="none">{}</p>', _("Nothing here."))
        yield "</section>\n"
    yield "</main></body></html>\n"


def _message(row: Mapping[str, Any], zone: Any) -> str:
    return format_html(
        '<article{mine}><p class="by"><b dir="auto">{who}</b> <time>{at}</time></p>'
        '<p class="text" dir="auto">{text}</p></article>\n',
        mine=mark_safe(' class="mine"') if row["by_you"] else "",
        who=row["from"],
        at=_moment(row["when"], zone),
        text=row["text"],
    )


def _facts(part: ExportPart, row: Mapping[str, Any], zone: Any) -> str:
    shown = (
        (label, _words(part.says[key](row[key]) if key in part.says else row[key], zone))
        for key, label in part.labels.items()
        if row.get(key) is not None
    )
    return format_html(
        "<dl>{}</dl>\n",
        format_html_join(
            "", '<div><dt>{}</dt><dd dir="auto">{}</dd></div>', (pair for pair in shown if pair[1])
        ),
    )


def _words(value: Any, zone: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _moment(value, zone)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(_words(each, zone) for each in value)
    return str(value)


def _moment(at: datetime, zone: Any) -> str:
    return date_format(at.astimezone(zone), "DATETIME_FORMAT")
