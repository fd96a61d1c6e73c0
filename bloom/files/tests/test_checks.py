"""What a file is and whether it is kept, by its bytes."""

import io

import pytest
from PIL import Image

from bloom.files import rules
from bloom.files.checks.examine import examine
from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind
from bloom.files.tests import documents, pictures


def fault_of(content: bytes, suffix: str = "") -> Fault:
    with pytest.raises(Refused) as refused:
        examine(content, suffix)
    return refused.value.fault


@pytest.mark.parametrize(
    ("content", "suffix", "kind"),
    [
        (pictures.picture("JPEG"), "", Kind.JPEG),
        (pictures.picture("PNG"), ".pdf", Kind.PNG),
        (pictures.picture("WEBP"), ".txt", Kind.WEBP),
        (documents.pdf(), ".exe", Kind.PDF),
        (documents.docx(), "", Kind.DOCX),
        (documents.xlsx(), ".docx", Kind.XLSX),
        (documents.odt(), ".zip", Kind.ODT),
        ("Grüße\n\tan alle\r\n".encode(), ".txt", Kind.TEXT),
        (b"\xef\xbb\xbfwith a mark", ".TXT", Kind.TEXT),
    ],
)
def test_what_it_is_its_bytes_tell(content, suffix, kind):
    assert examine(content, suffix).kind is kind


def test_documents_are_kept_as_they_are():
    for content in (documents.pdf(), documents.docx(), documents.xlsx(), documents.odt()):
        assert examine(content, "").content == content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_anew_without_anything_but_its_pixels(kind):
    exif = Image.Exif()
    exif[0x010F] = "PrivateCameraName"
    exif.get_ifd(0x8825)[2] = (41.0, 52.0, 55.0)
    found = examine(pictures.picture(kind, exif=exif, icc_profile=b"PrivateProfile" * 20), "")
    with Image.open(io.BytesIO(found.content)) as kept:
        assert kept.format == kind
        assert not kept.getexif()
        assert "icc_profile" not in kept.info
    assert b"Private" not in found.content + found.thumbnail
    assert (found.width, found.height) == (300, 200)


def test_a_picture_stands_upright_and_has_a_small_one():
    found = examine(pictures.turned(), "")
    with Image.open(io.BytesIO(found.content)) as kept, Image.open(io.BytesIO(found.thumbnail)) as small:
        assert kept.size == (100, 200)
        red, _green, blue = kept.getpixel((50, 10))
        assert red > blue
        assert small.format == "WEBP"
        assert max(small.size) <= 640


def test_a_photo_of_an_iphone_becomes_one_that_every_browser_shows():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "PrivateCameraName"
    exif.get_ifd(0x8825)[2] = (41.0, 52.0, 55.0)
    content = pictures.heic(exif=exif.tobytes())
    assert b"PrivateCameraName" in content
    found = examine(content, ".heic")
    assert found.kind is Kind.JPEG
    with Image.open(io.BytesIO(found.content)) as kept:
        assert kept.format == "JPEG"
        assert kept.size == (found.width, found.height)
        assert not kept.getexif()
        red, green, blue = kept.getpixel((50, 50))
        assert max(red, abs(green - 128), abs(blue - 128)) < 12  # teal
    assert b"Private" not in found.content + found.thumbnail
    assert rules.name_fitting("IMG_0042.HEIC", found.kind) == "IMG_0042.jpg"


def test_what_shines_through_stays_so():
    image = Image.new("RGBA", (40, 40), (10, 20, 30, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    with Image.open(io.BytesIO(examine(out.getvalue(), "").content)) as kept:
        assert kept.mode == "RGBA"
        assert kept.getpixel((5, 5))[3] == 0


def test_of_a_photo_with_a_second_one_behind_it_the_first_is_kept():
    content = pictures.two_in_one()
    with Image.open(io.BytesIO(content)) as sent:
        assert sent.n_frames == 2
    found = examine(content, ".jpg")
    with Image.open(io.BytesIO(found.content)) as kept:
        assert (kept.format, getattr(kept, "n_frames", 1)) == ("JPEG", 1)
        red, _green, blue = kept.getpixel((50, 50))
        assert red > blue


def test_a_very_large_picture_becomes_a_large_one():
    found = examine(pictures.picture("JPEG", size=(6000, 3000)), "")
    assert (found.width, found.height) == (4096, 2048)


@pytest.mark.parametrize(
    ("content", "suffix", "fault"),
    [
        (b"", ".txt", Fault.EMPTY),
        (pictures.bomb(), ".png", Fault.TOO_COMPLEX),
        (pictures.moving(), ".webp", Fault.MOVING),
        (pictures.picture()[:300], ".jpg", Fault.DAMAGED),
        (documents.pdf()[:-200], ".pdf", Fault.DAMAGED),
        (documents.pdf(documents.pdf_script), ".pdf", Fault.ACTIVE),
        (documents.pdf(documents.pdf_attached), ".pdf", Fault.ACTIVE),
        (documents.pdf(documents.pdf_locked), ".pdf", Fault.PROTECTED),
        (documents.pdf(documents.pdf_opening("/Launch")), ".pdf", Fault.ACTIVE),
        (documents.pdf(documents.pdf_opening("/SubmitForm")), ".pdf", Fault.ACTIVE),
        (documents.pdf(documents.pdf_opening("/GoToR")), ".pdf", Fault.ACTIVE),
        (documents.pdf(documents.pdf_link("javascript:alert(1)")), ".pdf", Fault.ACTIVE),
        (documents.pdf(documents.pdf_link("file:///etc/passwd")), ".pdf", Fault.ACTIVE),
        (documents.docx()[:-40], ".docx", Fault.DAMAGED),
        (documents.docx({"word/vbaProject.bin": b"\1"}), ".docx", Fault.ACTIVE),
        (documents.docx({"word/embeddings/oleObject1.bin": b"\1"}), ".docx", Fault.ACTIVE),
        (documents.docx({"word/media/image1.png": b"PK\3\4more"}), ".docx", Fault.ACTIVE),
        (
            documents.docx({"word/_rels/settings.xml.rels": documents.relations("attachedTemplate")}),
            "",
            Fault.OUTSIDE,
        ),
        (
            documents.docx({"word/_rels/x.rels": documents.relations("image", "https://example.org/a.png")}),
            "",
            Fault.OUTSIDE,
        ),
        (
            documents.docx({"word/_rels/x.rels": documents.relations(target="file://host/share")}),
            "",
            Fault.OUTSIDE,
        ),
        (
            documents.docx(body="<w:p><w:r><w:instrText> DDEAUTO c:\\x</w:instrText></w:r></w:p>"),
            "",
            Fault.OUTSIDE,
        ),
        (
            documents.docx(
                {
                    "[Content_Types].xml": documents.types_part(
                        "application/vnd.ms-word.document.macroEnabled.main+xml"
                    )
                }
            ),
            "",
            Fault.KIND,
        ),
        (documents.xlsx({"xl/externalLinks/externalLink1.xml": "<x/>"}), "", Fault.ACTIVE),
        (documents.odt({"Basic/script-lc.xml": "<x/>"}), "", Fault.ACTIVE),
        (documents.odt(content='<a xmlns:script="urn:s"><script:event-listener/></a>'), "", Fault.ACTIVE),
        (
            documents.odt(content='<image xmlns:x="http://www.w3.org/1999/xlink" x:href="http://h/a.png"/>'),
            "",
            Fault.OUTSIDE,
        ),
        (documents.odt({"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "", Fault.PROTECTED),
        (documents.archive({"a.txt": "hello"}), ".zip", Fault.KIND),
        (b"just words", "", Fault.KIND),
        (b"just words", ".bat", Fault.KIND),
        (b"caf\xe9", ".txt", Fault.KIND),
        (b"nul\0", ".txt", Fault.KIND),
        (b"Rar!\x1a\x07\x00", ".txt", Fault.KIND),
        (b"MZ\x90\x00", ".pdf", Fault.KIND),
        (b"GIF89a", ".gif", Fault.KIND),
    ],
)
def test_what_is_not_kept_and_why(content, suffix, fault):
    assert fault_of(content, suffix) is fault


def test_an_ordinary_link_in_a_document_is_fine():
    assert examine(documents.pdf(documents.pdf_link("https://example.org/")), "").kind is Kind.PDF
    linked = '<a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="https://example.org/">x</a>'
    assert examine(documents.odt(content=linked), "").kind is Kind.ODT


def test_an_address_may_hold_the_words_of_a_field():
    body = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK '
        '"https://example.org/link/rd/database" \\h</w:instrText></w:r></w:p>'
    )
    assert examine(documents.docx(body=body), "").kind is Kind.DOCX


def test_what_writers_of_documents_leave_behind_is_fine():
    more = {
        "docProps/thumbnail.jpeg": b"\xff\xd8\xff",
        "word/media/image1.PNG": b"\x89PNG",
        "word/fonts/font1.odttf": b"\1",
        "package/services/metadata/core-properties/a.psmdcp": "<a/>",
    }
    assert examine(documents.docx(more), "").kind is Kind.DOCX
    more = {
        "Configurations2/accelerator/current.xml": "",
        "Configurations2/images/": "",
        "layout-cache": b"\1",
        "ObjectReplacements/Object 1": b"\1",
        "Object 1/content.xml": "<a/>",
    }
    assert examine(documents.odt(more), "").kind is Kind.ODT


def test_a_document_that_was_written_in_one_go_is_fine():
    """With the lengths of each part behind it, as LibreOffice does."""
    assert examine(documents.streamed(documents.docx()), "").kind is Kind.DOCX
