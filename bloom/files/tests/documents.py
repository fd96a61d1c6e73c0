"""Documents for tests, made and not stored: good ones, and each kind of bad one."""

import io
import zipfile
from collections.abc import Mapping

from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from bloom.files.checks.kinds import Kind

WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


def archive(parts: Mapping[str, bytes | str], *, stored: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            made.writestr(zipfile.ZipInfo(name), content, compress_type=how)
    return out.getvalue()


class _OneWay(io.RawIOBase):
    """Nothing that was written can be written again."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.written += data
        return len(data)


def streamed(content: bytes) -> bytes:
    """The same archive, with the lengths of each part behind it."""
    out = _OneWay()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in old.namelist():
            made.writestr(name, old.read(name))
    return bytes(out.written)


def types_part(*content_types: str) -> str:
    overrides = "".join(
        f'<Override PartName="/p{at}.xml" ContentType="{each}"/>' for at, each in enumerate(content_types)
    )
    return f'<Types xmlns="{_TYPES}">{overrides}</Types>'


def relations(
    what: str = "hyperlink", target: str = "https://example.org/", mode: str = ' TargetMode="External"'
) -> str:
    one = f'<Relationship Id="r1" Type="{_RELATION}/{what}" Target="{target}"{mode}/>'
    return f'<Relationships xmlns="{_RELS}">{one}</Relationships>'


def docx(
    more: Mapping[str, bytes | str] | None = None, body: str = "<w:p><w:r><w:t>Hello.</w:t></w:r></w:p>"
) -> bytes:
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": types_part(WORD_MAIN),
        "_rels/.rels": relations("officeDocument", "word/document.xml", ""),
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
        "word/_rels/document.xml.rels": relations(),
    }
    return archive({**parts, **(more or {})})


def xlsx(more: Mapping[str, bytes | str] | None = None) -> bytes:
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": types_part(SHEET_MAIN),
        "_rels/.rels": relations("officeDocument", "xl/workbook.xml", ""),
        "xl/workbook.xml": "<workbook/>",
        "xl/printerSettings/printerSettings1.bin": b"\1\2\3",
    }
    return archive({**parts, **(more or {})})


def odt(more: Mapping[str, bytes | str] | None = None, content: str = "<text>Hello.</text>") -> bytes:
    parts: dict[str, bytes | str] = {
        "mimetype": Kind.ODT.value,
        "content.xml": content,
        "META-INF/manifest.xml": "<manifest/>",
    }
    return archive({**parts, **(more or {})}, stored=("mimetype",))


def pdf(change=None, **more) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    # Its writer leaves this behind.
    return out.getvalue()


def pdf_script(writer: PdfWriter) -> None:
    """In a name that is written another way, and in a list of what the document knows by name."""
    pdf_opening("/JavaScript", JS="app.alert('hello')")(writer)


def pdf_attached(writer: PdfWriter) -> None:
    writer.add_attachment("inside.txt", b"hello")


def pdf_locked(writer: PdfWriter) -> None:
    writer.encrypt("secret", algorithm="AES-256")


def pdf_opening(action: str, **more: str):
    """A PDF that does something when it is opened."""

    def change(writer: PdfWriter) -> None:
        doing = DictionaryObject({NameObject("/S"): NameObject(action)})
        for name, value in more.items():
            doing[NameObject(f"/{name}")] = TextStringObject(value)
        writer._root_object[NameObject("/OpenAction")] = writer._add_object(doing)

    return change


def pdf_link(address: str):
    """A PDF with a link on its page."""

    def change(writer: PdfWriter) -> None:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(address)}
        )
        note = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): action})
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])

    return change
