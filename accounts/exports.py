"""The copy of somebody's data: a zip with one JSON file for each part, and one page to read."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from accounts import copy_page
from bloom.kernel import registry
from bloom.kernel.actor import Actor


def parts_of(actor: Actor) -> list[registry.ExportPart]:
    """What all apps keep about the actor, in their order."""
    return [part for _key, provider in registry.export.items() for part in provider(actor)]


def zip_write(out: Any, actor: Actor, *, name: str, zone: Any, at: datetime) -> None:
    """Write the zip to `out`, which only ever takes more. Rows are read, written and forgotten one by one."""
    parts = parts_of(actor)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            with archive.open(f"{part.name}.json", "w", force_zip64=True) as file:
                for piece in _json(part.rows()):
                    file.write(piece.encode())
            for file_name, content in part.files():
                # Pictures are packed already.
                archive.writestr(file_name, content, compress_type=zipfile.ZIP_STORED)
        with archive.open("index.html", "w", force_zip64=True) as file:
            for piece in copy_page.page_pieces(parts, name=name, zone=zone, at=at):
                file.write(piece.encode())


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
