"""PDFs: nothing that runs, opens another program, carries files inside or asks for a password."""

import io
import re
import zipfile
from collections.abc import Iterable
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from bloom.files.checks.faults import Fault, Refused

OBJECTS_MOST: Final = 200_000
DEPTH_MOST: Final = 60
# Entries of a dictionary that hold something active or hidden, wherever they stand.
_ENTRIES: Final = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/XFA", "/Launch"}
)
# Kinds of action that do more than go to a page or open an address.
_ACTIONS: Final = frozenset(
    {
        "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie",
        "/Sound", "/RichMediaExecute", "/GoTo3DView", "/ResetForm", "/SetOCGState",
    }
)  # fmt: skip
_ADDRESSES: Final = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
# Long enough that no picture's bytes spell them by chance. A second look, at what no table of contents names.
_RAW: Final = (b"/JavaScript", b"/EmbeddedFile", b"/RichMedia", b"/SubmitForm", b"/ImportData")
# These only as a whole name.
_RAW_WHOLE: Final = frozenset({b"/Launch", b"/XFA", b"/GoToR", b"/GoToE"})
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
# A name ends where the next one begins, also without a space.
_NAME: Final = re.compile(rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]{1,127}")
_OBJECT: Final = re.compile(rb"(?<!\d)(\d{1,10})\s+(\d{1,5})\s+obj\b")
_END: Final = re.compile(rb"%%EOF\s*\Z")


class _Reader(PdfReader):
    """Does not guess: where the table of contents is broken, other readers would find other objects."""

    def _rebuild_xref_table(self, stream: Any) -> None:
        raise Refused(Fault.DAMAGED)


def pdf_check(content: bytes) -> None:
    """Raises Refused for a PDF that is more than pages to read."""
    # Behind its end nothing may follow, and nothing else may be read out of it.
    if _END.search(content[-1024:]) is None or zipfile.is_zipfile(io.BytesIO(content)):
        raise Refused(Fault.DAMAGED)
    for name in _NAME.finditer(content):
        plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), name[0])
        if plain.startswith(_RAW) or plain in _RAW_WHOLE:
            raise Refused(Fault.ACTIVE)
    try:
        reader = _Reader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Refused(Fault.PROTECTED)
        if len(reader.pages) == 0:
            raise Refused(Fault.DAMAGED)
        numbers = _numbers(reader)
        if len(numbers) > OBJECTS_MOST:
            raise Refused(Fault.TOO_COMPLEX)
        hidden = _unlisted(content, numbers)
        _look(reader.trailer, hidden)
        for number, generation in numbers:
            _look(reader.get_object(IndirectObject(number, generation, reader)), hidden)
    except Refused:
        raise
    except (RecursionError, MemoryError):
        raise Refused(Fault.TOO_COMPLEX) from None
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, AssertionError):
        raise Refused(Fault.DAMAGED) from None


def _unlisted(content: bytes, numbers: list[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """Objects that stand in the file and that no table of contents names."""
    standing = {(int(found[1]), int(found[2])) for found in _OBJECT.finditer(content)}
    return frozenset(standing.difference(numbers))


def _numbers(reader: PdfReader) -> list[tuple[int, int]]:
    found = [(number, generation) for generation, by in reader.xref.items() for number in by]
    found += [(number, 0) for number in reader.xref_objStm]
    return sorted(set(found))


def _look(value: Any, hidden: frozenset[tuple[int, int]], depth: int = 0) -> None:
    """What stands in this object itself; what it points to is looked at in its own turn. It may point to what
    is not there, which is nothing; not to what only some readers would find.
    """
    if depth > DEPTH_MOST:
        raise Refused(Fault.TOO_COMPLEX)
    if isinstance(value, DictionaryObject):
        _dictionary_check(value)
        inner: Iterable[Any] = value.values()
    elif isinstance(value, ArrayObject):
        inner = value
    else:
        return
    for each in inner:
        if not isinstance(each, IndirectObject):
            _look(each, hidden, depth + 1)
        elif (each.idnum, each.generation) in hidden:
            raise Refused(Fault.DAMAGED)


def _dictionary_check(value: DictionaryObject) -> None:
    if _ENTRIES.intersection(value.keys()):
        raise Refused(Fault.ACTIVE)
    action, kind = value.raw_get("/S") if "/S" in value else None, value.get("/Type")
    if isinstance(action, NameObject) and str(action) in _ACTIONS:
        raise Refused(Fault.ACTIVE)
    if kind == "/EmbeddedFile":
        raise Refused(Fault.ACTIVE)
    address = value.get("/URI")
    if isinstance(address, str | bytes):
        text = address.decode("latin-1") if isinstance(address, bytes) else address
        if not _ADDRESSES.match(text.strip()):
            raise Refused(Fault.ACTIVE)
