"""The file of a copy of somebody's data: a zip with one JSON file for each part, and one page to read."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _

from bloom.kernel import registry
from bloom.kernel.actor import Actor


def parts_of(actor: Actor) -> list[registry.ExportPart]:
    """What all apps keep about the actor, in their order."""
    return [part for _key, provider in registry.export.items() for part in provider(actor)]


def zip_make(actor: Actor, name: str, at: datetime) -> bytes:
    """The file. Rows are read, written and forgotten one by one: in memory is only what is compressed."""
    parts = parts_of(actor)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            with archive.open(f"{part.name}.json", "w", force_zip64=True) as file:
                for piece in _json(part.rows()):
                    file.write(piece.encode())
        with archive.open("index.html", "w", force_zip64=True) as file:
            for piece in _html(parts, name, at):
                file.write(piece.encode())
    return buffer.getvalue()


def _json(rows: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    lead = "[\n"
    for row in rows:
        yield lead + json.dumps(dict(row), ensure_ascii=False, indent=2, default=_plain)
        lead = ",\n"
    yield "[]\n" if lead == "[\n" else "\n]\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _html(parts: list[registry.ExportPart], name: str, at: datetime) -> Iterator[str]:
    head, tail = render_to_string("accounts/export.html", {"name": name, "at": at, "parts": parts}).split(
        "<!-- parts -->"
    )
    yield head
    for part in parts:
        yield format_html('<section id="{}"><h2>{}</h2>', part.name.replace("/", "-"), part.title)
        empty = True
        for row in part.rows():
            empty = False
            yield "<dl>"
            for key, value in row.items():
                yield format_html("<dt>{}</dt><dd>{}</dd>", key.replace("_", " "), _words(value))
            yield "</dl>"
        if empty:
            yield format_html("<p>{}</p>", _("Nothing here."))
        yield "</section>"
    yield tail


def _words(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "–"
    return str(value)
