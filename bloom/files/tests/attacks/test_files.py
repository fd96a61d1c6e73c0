"""Files that are not what they seem, and names that are more than names."""

import io
import struct
import uuid
import zipfile
import zlib

import pytest
from django.test import Client

from bloom.files import rules, selectors, services
from bloom.files.checks.examine import examine
from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind
from bloom.files.tests import documents, pictures
from bloom.files.tests.test_uploads import AT, somebody, upload
from bloom.kernel import clock

SCRIPT = b"<html><script>alert(document.cookie)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def fault_of(content: bytes, suffix: str = "") -> Fault:
    with pytest.raises(Refused) as refused:
        examine(content, suffix)
    return refused.value.fault


# Files that are two things at once --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_hides_behind_or_inside_a_picture_is_not_kept(kind):
    """ASVS 5.0 5.2.6, 5.3.1: a page, an archive or a script that a picture carries is gone."""
    for hidden in (SCRIPT, documents.archive({"a.js": "alert(1)"}), b"<?php system($_GET['c']); ?>"):
        found = examine(pictures.picture(kind, size=(64, 64)) + hidden, ".jpg")
        assert hidden[:12] not in found.content + found.thumbnail
        assert not zipfile.is_zipfile(io.BytesIO(found.content))


def test_a_note_in_a_picture_is_not_kept():
    content = pictures.picture("JPEG", comment=SCRIPT)
    assert SCRIPT in content
    assert SCRIPT not in examine(content, ".jpg").content


@pytest.mark.parametrize(
    "content",
    [
        documents.pdf() + SCRIPT,
        documents.pdf() + documents.archive({"a.js": "alert(1)"}),
        SCRIPT + documents.pdf(),
        b"\xff\xd8\xff" + documents.pdf(),
        documents.archive({"a": "x"}) + documents.pdf(),
        b"MZ" + documents.pdf(),
        documents.docx() + documents.pdf(),
        documents.pdf() + documents.docx(),
    ],
)
@pytest.mark.parametrize("suffix", [".pdf", ".txt", ".docx"])
def test_two_files_in_one_are_neither(content, suffix):
    assert fault_of(content, suffix) in {Fault.KIND, Fault.DAMAGED}


def test_a_document_with_something_before_between_or_behind_its_parts_is_refused():
    whole = documents.docx()
    assert fault_of(SCRIPT + whole) is Fault.KIND
    assert fault_of(whole + SCRIPT) is Fault.DAMAGED
    noted = io.BytesIO(whole)
    with zipfile.ZipFile(noted, "a") as archive:
        archive.comment = SCRIPT
    assert fault_of(noted.getvalue()) is Fault.DAMAGED


def test_what_lies_between_the_parts_of_a_document_is_found():
    """Each part's place is moved in the directory, so that every program still reads all of them."""
    whole = documents.docx()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        second = sorted(entry.header_offset for entry in archive.infolist())[1]
        start = archive.start_dir
    for place in (second, start):
        content = bytearray(whole[:place] + SCRIPT + whole[place:])
        at = content.find(b"PK\x01\x02")
        while at != -1:
            (offset,) = struct.unpack_from("<I", content, at + 42)
            struct.pack_into("<I", content, at + 42, offset + (len(SCRIPT) if offset >= place else 0))
            at = content.find(b"PK\x01\x02", at + 4)
        struct.pack_into("<I", content, len(content) - 6, start + len(SCRIPT))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
        assert fault_of(bytes(content)) is Fault.DAMAGED


DDE = '<w:p xmlns:w="urn:w"><w:instrText> DDEAUTO c:\\x</w:instrText></w:p>'


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"word/doc.dat": DDE}, Fault.ACTIVE),
        ({"word/media/doc.png": DDE, "[Content_Types].xml": "png"}, Fault.ACTIVE),
        ({"word/_rels/settings.xml.RELS": documents.relations("attachedTemplate")}, Fault.OUTSIDE),
        ({"word/other.XML": DDE}, Fault.OUTSIDE),
        ({"word/a.mht": "x"}, Fault.ACTIVE),
        ({"word/a.html": "x"}, Fault.ACTIVE),
        ({"word/noending": "x"}, Fault.ACTIVE),
        ({"word/_rels/a.rels": documents.relations("aFChunk", "a.xml", "")}, Fault.ACTIVE),
    ],
)
def test_a_part_is_not_hidden_by_what_it_is_called(more, fault):
    if more.get("[Content_Types].xml") == "png":
        types = documents.types_part(documents.WORD_MAIN)
        override = f'<Override PartName="/word/media/doc.png" ContentType="{documents.WORD_MAIN}"/></Types>'
        more["[Content_Types].xml"] = types.replace("</Types>", override)
    assert fault_of(documents.docx(more)) is fault


@pytest.mark.parametrize(
    "instruction",
    [
        r"LINK Excel.Sheet \\evil\s\x.xlsx",
        r" rd \\evil\s\x.docx",
        r"IMPORT \\evil\a.png",
        "DATABASE \\d x",
    ],
)
@pytest.mark.parametrize("form", ["plain", "simple", "nested"])
def test_a_field_that_fetches_is_found(instruction, form):
    begin, text = '<w:fldChar w:fldCharType="begin"/>', ("<w:instrText>", "</w:instrText>")
    body = {
        "plain": f"{begin}{text[0]}{instruction[:3]}{text[1]}{text[0]}{instruction[3:]}{text[1]}",
        "simple": f"<w:fldSimple w:instr='{instruction}'/>",
        "nested": f"{begin}{text[0]}IF 1=1 {text[1]}{begin}{text[0]}{instruction}{text[1]}",
    }[form]
    assert fault_of(documents.docx(body=f"<w:p>{body}</w:p>")) is Fault.OUTSIDE


@pytest.mark.parametrize(
    "content", [SVG, SCRIPT, b"\xef\xbb\xbf  " + SVG, b"\n<!DOCTYPE html>", b"#!/bin/sh\nrm -rf /"]
)
@pytest.mark.parametrize("suffix", [".svg", ".txt", ".png", ".html", ""])
def test_drawings_pages_and_programs_are_refused_whatever_they_are_called(content, suffix):
    assert fault_of(content, suffix) is Fault.KIND


# Files that are more than they weigh ------------------------------------------------------------------------


def test_a_picture_that_says_it_is_enormous_is_not_unpacked():
    assert fault_of(pictures.bomb()) is Fault.TOO_COMPLEX


def test_a_document_of_nothing_but_zeros_is_not_unpacked():
    bomb = documents.docx({"word/media/zeros.xml": b" " * 30_000_000})
    assert len(bomb) < 100_000
    assert fault_of(bomb) is Fault.TOO_COMPLEX


def test_a_header_that_understates_what_comes_out_is_not_believed():
    content = bytearray(documents.docx({"word/zeros.xml": b" " * 30_000_000}))
    at = content.find(struct.pack("<I", 30_000_000))
    while at != -1:
        content[at : at + 4] = struct.pack("<I", 10)
        at = content.find(struct.pack("<I", 30_000_000), at + 4)
    assert fault_of(bytes(content)) in {Fault.TOO_COMPLEX, Fault.DAMAGED}


def test_parts_that_share_their_bytes_are_refused():
    """One compressed kernel, named by many entries of the directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {
            "[Content_Types].xml": documents.types_part(documents.WORD_MAIN),
            "word/document.xml": "<a/>",
        }.items():
            archive.writestr(name, part)
        kernel = archive.getinfo("word/document.xml")
        for number in range(50):
            twin = zipfile.ZipInfo(f"word/{number}.xml")
            for slot in ("compress_type", "header_offset", "CRC", "compress_size", "file_size"):
                setattr(twin, slot, getattr(kernel, slot))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    assert fault_of(out.getvalue()) in {Fault.TOO_COMPLEX, Fault.DAMAGED}


def test_a_document_with_too_many_parts_is_refused():
    assert (
        fault_of(documents.docx({f"word/{number}.xml": "<a/>" for number in range(3_100)}))
        is Fault.TOO_COMPLEX
    )


def test_a_document_whose_words_unfold_is_refused():
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    part = f"<!DOCTYPE x [{laughs}]><x>&a9;</x>"
    assert fault_of(documents.docx({"word/x.xml": part})) is Fault.ACTIVE
    assert fault_of(documents.odt(content=part)) is Fault.ACTIVE
    outside = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'
    assert fault_of(documents.odt(content=outside)) is Fault.ACTIVE
    # Written in two bytes a letter, the same.
    assert fault_of(documents.docx({"word/x.xml": part.encode("utf-16")})) is Fault.ACTIVE


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/etc/evil.xml", "word/../../evil.xml", "C:/evil.xml", "word/x.exe"]
)
def test_a_part_that_points_out_of_its_document_is_refused(name):
    assert fault_of(documents.docx({name: "<a/>"})) in {Fault.DAMAGED, Fault.ACTIVE}


# What a PDF hides -------------------------------------------------------------------------------------------


def test_a_script_whose_name_is_written_another_way_is_found():
    content = documents.pdf(documents.pdf_script).replace(b"/JavaScript", b"/J#61vaScr#69pt")
    assert fault_of(content) in {Fault.ACTIVE, Fault.DAMAGED}


@pytest.mark.parametrize(
    "hidden",
    [
        b"<</S /JavaScript /JS (alert)>>",
        b"<</S/JavaScript/JS(alert)>>",
        b"<</Type/Action/S/J#61vaScript/JS(alert)>>",
        b"<</S/Launch/F(calc.exe)>>",
        b"<</S/GoToR/F(other.pdf)>>",
        b"<</S/GoToE/T<</R/C>>>>",
        b"<</Fields[]/XFA[(a)9 0 R]>>",
        b"<</F/a/EF<</F 9 0 R>>/Type/EmbeddedFile>>",
    ],
)
def test_an_action_that_no_table_of_contents_names_is_found(hidden):
    """Behind the table's own objects, so that the table still fits."""
    content = documents.pdf()
    at = content.rindex(b"startxref")
    assert fault_of(content[:at] + b"99 0 obj" + hidden + b"endobj\n" + content[at:]) is Fault.ACTIVE


def test_what_only_some_readers_find_is_refused():
    """An object outside the table that a listed one points to, and a table that has to be guessed."""
    content = documents.pdf(documents.pdf_link("https://example.org/"))
    at = content.rindex(b"startxref")
    hidden = content[:at] + b"99 0 obj<</K 1>>endobj\n" + content[at:]
    assert examine(hidden, "").kind is Kind.PDF
    pointed = hidden.replace(b"/Subtype /Link", b"/L    99 0 R  ")
    assert pointed != hidden
    assert fault_of(pointed) is Fault.DAMAGED
    assert examine(pointed.replace(b"99 0 obj", b"98 0 obj"), "").kind is Kind.PDF
    assert fault_of(content[:at] + b"startxref\n7\n%%EOF\n") is Fault.DAMAGED


def test_an_action_in_a_packed_object_is_found():
    """Where the eye sees only compressed bytes."""
    inner = b"5 0 <</S /JavaScript /JS (alert)>>"
    packed = zlib.compress(inner)
    parts = [
        b"%PDF-1.5\n",
        b"1 0 obj <</Type /Catalog /Pages 2 0 R /OpenAction 5 0 R>> endobj\n",
        b"2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n",
        b"3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>> endobj\n",
        b"4 0 obj <</Type /ObjStm /N 1 /First 4 /Filter /FlateDecode "
        b"/Length %d>> stream\n%s\nendstream endobj\n" % (len(packed), packed),
    ]
    offsets, at = [], 0
    for part in parts:
        offsets.append(at)
        at += len(part)
    table = [(0, 0, 0), *((1, offset, 0) for offset in offsets[1:]), (2, 4, 0), (1, at, 0)]
    rows = b"".join(struct.pack(">BIB", *row) for row in table)
    packed_rows = zlib.compress(rows)
    xref = (
        b"6 0 obj <</Type /XRef /Size 7 /W [1 4 1] /Root 1 0 R /Filter /FlateDecode "
        b"/Length %d>> stream\n%s\nendstream endobj\n"
        b"startxref\n%d\n%%%%EOF\n" % (len(packed_rows), packed_rows, at)
    )
    content = b"".join(parts) + xref
    assert b"JavaScript" not in content
    assert fault_of(content) is Fault.ACTIVE


# Names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\a.pdf", "a.pdf"),
        ("/abs/olute.pdf", "olute.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u200b\u2066plan\u2069.pdf", "plan.pdf"),
        ("<img src=x onerror=alert(1)>.png", "_img src=x onerror=alert(1)_.png"),
        ('"; filename="evil.html', "_; filename=_evil.html"),
        ("....", ""),
        (" . ", ""),
        ("CON:stream.pdf", "CON_stream.pdf"),
        ("a" * 300 + ".pdf", "a" * 146 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(name, clean):
    assert rules.name_clean(name) == clean


@pytest.mark.parametrize(
    ("name", "kind", "fitting"),
    [
        ("photo.exe", Kind.JPEG, "photo.exe.jpg"),
        ("photo.png", Kind.JPEG, "photo.jpg"),
        ("photo.JPEG", Kind.JPEG, "photo.JPEG"),
        ("invoice.html", Kind.PDF, "invoice.html.pdf"),
        ("page.svg", Kind.PNG, "page.svg.png"),
        ("", Kind.PDF, "file.pdf"),
        ("b" * 150, Kind.DOCX, "b" * 145 + ".docx"),
    ],
)
def test_a_name_ends_as_its_file_is(name, kind, fitting):
    assert rules.name_fitting(name, kind) == fitting
    assert len(fitting) <= 150


@pytest.mark.django_db
@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>.pdf", 'x"\r\nX-Evil: 1\r\n\r\n<script>.pdf', "\u202efdp.exe"]
)
def test_a_name_writes_no_header_and_no_page(name):
    actor = somebody()
    ready = upload(actor, documents.pdf(), name=name)
    (kept,) = services.uploads_take(actor, [ready.id], owner_id=actor.user_id, at=AT)
    answer = Client().get(selectors.fetch_link(kept.file_id, at=clock.now()))
    assert "X-Evil" not in answer.headers
    assert answer["Content-Type"] == "application/pdf"
    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert not {"\r", "\n", "<", "\u202e"}.intersection(disposition)
    assert disposition.rstrip('"').endswith(".pdf")


@pytest.mark.django_db
@pytest.mark.usefixtures("storage")
def test_where_a_file_lies_is_not_its_senders_to_say(storage):
    upload(somebody(), documents.pdf(), name="../../../outside.pdf")
    assert not list(storage.parent.rglob("outside*"))
    uuid.UUID(next(path.name for path in storage.rglob("*") if path.is_file()))
