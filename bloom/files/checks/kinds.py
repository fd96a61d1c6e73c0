"""The kinds of file that are kept, and how their bytes begin."""

from enum import StrEnum
from typing import Final

from bloom.files.checks.faults import Fault, Refused


class Kind(StrEnum):
    """What a file is. The value is its content type."""

    # Comes from phones, and is kept as JPEG.
    HEIC = "image/heic"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ODT = "application/vnd.oasis.opendocument.text"
    TEXT = "text/plain"

    @property
    def is_image(self) -> bool:
        return self in IMAGES


IMAGES: Final = frozenset({Kind.HEIC, Kind.JPEG, Kind.PNG, Kind.WEBP})
# The first one is what a file is called that has no fitting ending.
SUFFIXES: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.HEIC: (".heic", ".heif"),
    Kind.JPEG: (".jpg", ".jpeg", ".jpe", ".jfif"),
    Kind.PNG: (".png",),
    Kind.WEBP: (".webp",),
    Kind.PDF: (".pdf",),
    Kind.DOCX: (".docx",),
    Kind.XLSX: (".xlsx",),
    Kind.ODT: (".odt",),
    Kind.TEXT: (".txt",),
}
_ZIP = b"PK\x03\x04"
# Still pictures in HEVC: one of these is among the names that the file gives itself (ISO/IEC 23008-12). A
# sequence of pictures, or another codec such as AV1, has other names.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_BRANDS_MOST = 256


def kind_of(content: bytes, suffix: str) -> Kind:
    """What these bytes are. The name's `suffix` only says whether plain text was meant to be some.

    Raises Refused(KIND) for everything that is not kept, archives among it.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Kind.WEBP
    if _is_heic(content):
        return Kind.HEIC
    if content.startswith((b"%PDF-1.", b"%PDF-2.")):
        return Kind.PDF
    if content.startswith(_ZIP):
        return _document(content)
    # Almost anything is text to somebody: a page, a script, a drawing that runs code.
    if suffix.lower() in SUFFIXES[Kind.TEXT]:
        return Kind.TEXT
    raise Refused(Fault.KIND)


def _is_heic(content: bytes) -> bool:
    if content[4:8] != b"ftyp":
        return False
    # Size, "ftyp", the main brand, its version, and the brands that it is besides.
    end = min(int.from_bytes(content[:4]), _BRANDS_MOST)
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, end - 3, 4))}
    return not brands.isdisjoint(_HEIC_BRANDS)


def _document(content: bytes) -> Kind:
    """Which document this archive is, by what it says of itself first; `office.py` looks at all of it."""
    if content[30:38] == b"mimetype" and content[38:].startswith(Kind.ODT.value.encode() + b"PK"):
        return Kind.ODT
    # The names of its parts stand in it as they are.
    if b"[Content_Types].xml" not in content:
        raise Refused(Fault.KIND)
    if b"word/document.xml" in content:
        return Kind.DOCX
    if b"xl/workbook.xml" in content:
        return Kind.XLSX
    raise Refused(Fault.KIND)
