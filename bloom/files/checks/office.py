"""Documents of word processors and spreadsheets, which are archives: no macros, nothing fetched from
elsewhere, nothing packed inside, and no more in them than their size lets one expect.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from xml.parsers import expat

from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind

ENTRIES_MOST: Final = 3_000
# All parts unpacked, and how many times the file's own size they may be.
EXPANDED_MOST: Final = 200 * 1024 * 1024
RATIO_MOST: Final = 120
_PIECE: Final = 256 * 1024
# All that the fields of one part say together. People write a line.
FIELDS_MOST: Final = 1024 * 1024
# Before a part stands its head, and in it room that Word leaves free: so much at most.
_LOCAL_HEAD: Final = 30
_SPARE_MOST: Final = 2_048
_HAS_NOTE: Final = 0x8

_MAIN: Final = {
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
_BAD_PART: Final = re.compile(
    r"vbaproject|vbadata|activex|oleobject|/embeddings/|macrosheets|dialogsheets|customui|/externallinks/"
    r"|^basic/|^scripts/|\.(?:bin|exe|dll|js|vbs|bat|cmd|ps1|jar|lnk|hta|scr|com|msi|zip|rar|7z)$",
    re.IGNORECASE,
)
# What parts end with, and nothing else: the first are words, which are read; the others are not.
_READ: Final = frozenset({".xml", ".rels", ".rdf", ".vml", ".psmdcp", ".svg"})
_SEEN: Final = frozenset(
    {
        ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".emf", ".wmf",
        ".svm", ".wdp", ".jxr", ".odttf", ".ttf", ".otf", ".fntdata", ".sigs",
    }
)  # fmt: skip
_PLAIN: Final = re.compile(r"mimetype|layout-cache|objectreplacements/[^/.]+")
# Printer settings are the one harmless .bin, in nearly every spreadsheet.
_PRINTER: Final = re.compile(r"^(?:xl|word)/printersettings/printersettings\d+\.bin$", re.IGNORECASE)
_BAD_TYPE: Final = re.compile(r"macro|vba|activex|oleobject|ms-office\.(?!.*(?:theme|chart))", re.IGNORECASE)
_PACKED: Final = (
    b"PK\x03\x04",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"\xd0\xcf\x11\xe0",
    b"MZ",
    b"\x7fELF",
    b"%PDF",
)
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:|tel:|#)", re.IGNORECASE)
# The first wherever they stand; the others are words that an address may hold, so only as a field's name.
_FIELD: Final = re.compile(
    r"\b(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE)\b|^\s*(?:LINK|RD|IMPORT|INCLUDE|DATABASE|EMBED|CONTROL)\b",
    re.IGNORECASE | re.MULTILINE,
)
_BAD_RELATION: Final = re.compile(
    r"vbaProject|oleObject|attachedTemplate|activeX|aFChunk|subDocument|control|package$|frame$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Found:
    """What the parts say, as far as it is decided only once all were read. Names in small letters."""

    names: set[str] = field(default_factory=set)
    types: list[str] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)


def document_check(content: bytes, kind: Kind) -> None:
    """Raises Refused for a document that is more than words, tables and pictures."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _shape_check(entries, content, archive)
            found = _parts_read(archive, entries, len(content), kind)
    except Refused:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        KeyError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ):
        raise Refused(Fault.DAMAGED) from None
    except MemoryError:
        raise Refused(Fault.TOO_COMPLEX) from None
    if kind is Kind.ODT:
        if not {"meta-inf/manifest.xml", "content.xml"} <= found.names:
            raise Refused(Fault.KIND)
    elif _MAIN[kind] not in found.types:
        raise Refused(Fault.KIND)
    elif any(_BAD_TYPE.search(each) for each in found.types):
        raise Refused(Fault.ACTIVE)
    elif any(_FIELD.search("".join(said)) for said in found.fields):
        raise Refused(Fault.OUTSIDE)


def _shape_check(entries: list[zipfile.ZipInfo], content: bytes, archive: zipfile.ZipFile) -> None:
    """The archive is one after another, from the first byte to the last, and each part once."""
    if len(entries) > ENTRIES_MOST:
        raise Refused(Fault.TOO_COMPLEX)
    if archive.comment or not content.endswith(b"\0\0") or not entries:
        raise Refused(Fault.DAMAGED)
    names = [entry.filename for entry in entries]
    if len({name.lower() for name in names}) != len(names):
        raise Refused(Fault.DAMAGED)
    ends = {0}
    for entry in sorted(entries, key=lambda each: each.header_offset):
        # Parts that share bytes unpack to far more than there is; a gap hides something.
        if entry.header_offset not in ends:
            raise Refused(Fault.TOO_COMPLEX if entry.header_offset < min(ends) else Fault.DAMAGED)
        ends = _ends(content, entry)
        if entry.flag_bits & 0x1:
            raise Refused(Fault.PROTECTED)
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Refused(Fault.DAMAGED)
        _name_check(entry.filename)
        # A folder holds nothing itself; an empty one may be packed all the same.
        if entry.is_dir() and (entry.file_size or entry.compress_size > 2):
            raise Refused(Fault.DAMAGED)
    if archive.start_dir not in ends:
        raise Refused(Fault.DAMAGED)


def _name_check(path: str) -> None:
    if "\\" in path or "\0" in path or path.startswith("/") or ".." in path.split("/") or ":" in path:
        raise Refused(Fault.DAMAGED)
    if _PRINTER.match(path) or path.endswith("/"):
        return
    is_known = _ending(path) in _READ | _SEEN or _PLAIN.fullmatch(path.lower())
    if _BAD_PART.search(path) or not is_known:
        raise Refused(Fault.ACTIVE)


def _ending(path: str) -> str:
    return "." + PurePosixPath(path.lower()).name.rpartition(".")[2]


def _ends(content: bytes, entry: zipfile.ZipInfo) -> set[int]:
    """Where the next part may begin: right behind this one, or behind the note of its lengths that follows
    where they were not known when its head was written.
    """
    head = content[entry.header_offset : entry.header_offset + _LOCAL_HEAD]
    name, spare = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
    if spare > _SPARE_MOST:
        raise Refused(Fault.DAMAGED)
    end = entry.header_offset + _LOCAL_HEAD + name + spare + entry.compress_size
    ends = {end}
    if entry.flag_bits & _HAS_NOTE:
        for form in ("<III", "<IQQ"):
            note = struct.pack(form, entry.CRC, entry.compress_size, entry.file_size)
            for each in (b"PK\7\x08" + note, note):
                if content.startswith(each, end):
                    ends.add(end + len(each))
    return ends


def _parts_read(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], size: int, kind: Kind) -> _Found:
    """Go through every part, a piece at a time. Counts what comes out, whatever the headers say."""
    left = min(EXPANDED_MOST, size * RATIO_MOST)
    found = _Found()
    for entry in entries:
        if entry.is_dir():
            continue
        name = entry.filename.lower()
        found.names.add(name)
        parser = None
        with archive.open(entry) as part:
            while piece := part.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise Refused(Fault.TOO_COMPLEX)
                if _ending(name) in _READ:
                    parser = parser or _reader(name, found, kind)
                    _feed(parser, piece)
                elif piece.startswith(_PACKED) and part.tell() == len(piece):
                    raise Refused(Fault.ACTIVE)
        # An empty part says nothing, and some writers leave one.
        if parser is not None:
            _feed(parser, b"", is_last=True)
    return found


def _reader(name: str, found: _Found, kind: Kind) -> expat.XMLParserType:
    if kind is Kind.ODT:
        return _parser(_open_document_element)
    if name == "[content_types].xml":
        return _types_reader(found)
    return _parser(_relation_check) if name.endswith(".rels") else _fields_reader(found)


def _parser(
    begin: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] = lambda name: None,
    text: Callable[[str], None] = lambda words: None,
) -> expat.XMLParserType:
    """Goes through a part. A document type, and with it every entity, is refused."""

    def refuse(*_: object) -> None:
        raise Refused(Fault.ACTIVE)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = text
    return parser


def _feed(parser: expat.XMLParserType, piece: bytes, *, is_last: bool = False) -> None:
    try:
        parser.Parse(piece, is_last)
    except expat.ExpatError:
        raise Refused(Fault.DAMAGED) from None


def _types_reader(found: _Found) -> expat.XMLParserType:
    def typed(name: str, attributes: Mapping[str, str]) -> None:
        what = attributes.get("ContentType", "")
        part = attributes.get("PartName", "") or f"part.{attributes.get('Extension', '')}"
        # What is read as words must have been read here, too, whatever it is called.
        if what.lower().rstrip().endswith("xml") and _ending(part) not in _READ:
            raise Refused(Fault.ACTIVE)
        found.types.append(what)

    return _parser(typed)


def _relation_check(name: str, attributes: Mapping[str, str]) -> None:
    what, target = attributes.get("Type", ""), attributes.get("Target", "")
    if attributes.get("TargetMode", "").lower() == "external" or _ADDRESS.match(target):
        if not what.endswith("/hyperlink") or not _ADDRESS.match(target.strip()):
            raise Refused(Fault.OUTSIDE)
    elif _BAD_RELATION.search(what):
        raise Refused(Fault.ACTIVE)


def _fields_reader(found: _Found) -> expat.XMLParserType:
    """Notes what the part's fields (of Word) say that they do; of its other words nothing."""
    inside = 0
    length = 0
    said: list[str] = []
    found.fields.append(said)

    def say(words: str) -> None:
        nonlocal length
        length += len(words)
        if length > FIELDS_MOST:
            raise Refused(Fault.TOO_COMPLEX)
        said.append(words)

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal inside
        inside += name.endswith(" instrText")
        # Where one field begins or ends within another.
        if name.endswith(" fldChar"):
            say("\n")
        for key, value in attributes.items():
            if key.endswith(" instr"):
                say(f"\n{value}\n")

    def end(name: str) -> None:
        nonlocal inside
        inside -= name.endswith(" instrText")

    def words(text: str) -> None:
        if inside:
            say(text)

    return _parser(begin, end, words)


def _open_document_element(name: str, attributes: Mapping[str, str]) -> None:
    local = name.rpartition(" ")[2]
    if local == "encryption-data":
        raise Refused(Fault.PROTECTED)
    if local in {
        "event-listener",
        "event-listeners",
        "script",
        "object-ole",
        "plugin",
        "applet",
        "dde-source",
    }:
        raise Refused(Fault.ACTIVE)
    for key, value in attributes.items():
        if key.endswith("xlink href"):
            is_outside = ":" in value.split("/")[0] or value.startswith(("/", "\\", ".."))
            if is_outside and not (local == "a" and _ADDRESS.match(value.strip())):
                raise Refused(Fault.OUTSIDE)
