"""Photos in HEIC that are more, less or other than photos."""

import io
import struct

import pillow_heif
import pytest
from PIL import Image

from bloom.files import confined
from bloom.files.checks.examine import examine
from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind, kind_of
from bloom.files.tests import documents, pictures

SCRIPT = b"<html><script>alert(document.cookie)</script></html>"


def fault_of(content: bytes) -> Fault:
    with pytest.raises(Refused) as refused:
        confined.examine(content, ".heic")
    return refused.value.fault


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def test_what_hides_behind_it_is_not_kept():
    """ASVS 5.0 5.2.6, 5.3.1."""
    for hidden in (SCRIPT, documents.archive({"a.js": "alert(1)"}), box(b"free", SCRIPT)):
        found = examine(pictures.heic((64, 64)) + hidden, ".heic")
        assert found.kind is Kind.JPEG
        assert hidden[:12] not in found.content + found.thumbnail


def test_one_that_says_it_is_enormous_is_not_unpacked():
    content = pictures.heic((64, 64))
    # The size stands in the property "ispe" (ISO/IEC 23008-12, 6.5.3): version and flags, width, height.
    at = content.index(b"ispe") + 8
    claimed = content[:at] + struct.pack(">II", 60_000, 60_000) + content[at + 8 :]
    assert fault_of(claimed) in {Fault.TOO_COMPLEX, Fault.DAMAGED}


@pytest.mark.parametrize(
    "content",
    [
        pictures.heic()[:200],
        pictures.heic()[:-40],
        box(b"ftyp", b"heic\0\0\0\0mif1heic"),
        box(b"ftyp", b"heic\0\0\0\0mif1heic") + b"\xff" * 4096,
        box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"\0" * 4) * 500,
        box(b"ftyp", b"heic\0\0\0\0mif1heic") + SCRIPT,
        pictures.heic().replace(b"hvcC", b"hvcX"),
    ],
    ids=["head", "cut", "empty", "noise", "boxes", "script", "codec"],
)
def test_one_that_is_broken_is_refused(content):
    assert fault_of(content) in {Fault.DAMAGED, Fault.TOO_COMPLEX}


def test_boxes_within_boxes_end_somewhere():
    nested = b""
    for _ in range(5_000):
        nested = box(b"meta", b"\0\0\0\0" + nested)
    assert fault_of(box(b"ftyp", b"heic\0\0\0\0mif1heic") + nested) in {Fault.DAMAGED, Fault.TOO_COMPLEX}


@pytest.mark.parametrize("brand", [b"avif", b"avis", b"hevc", b"msf1", b"mp42", b"qt  ", b"M4V "])
def test_what_is_named_otherwise_is_no_photo(brand):
    """A film, a sequence and another codec begin alike."""
    content = box(b"ftyp", brand + b"\0\0\0\0mif1") + pictures.heic()
    with pytest.raises(Refused) as refused:
        kind_of(content, ".heic")
    assert refused.value.fault is Fault.KIND


def test_a_brand_is_looked_for_where_brands_stand():
    for content in (b"\0\0\0\x10ftypmp42\0\0\0\0heic", b"\xff\xff\xff\xffftypmp42" + b"\0" * 300 + b"heic"):
        with pytest.raises(Refused):
            kind_of(content, ".heic")


def test_of_several_pictures_the_first_is_kept():
    out = io.BytesIO()
    file = pillow_heif.from_pillow(Image.new("RGB", (64, 64), "red"))
    file.add_from_pillow(Image.new("RGB", (64, 64), "blue"))
    file.save(out, quality=90)
    found = examine(out.getvalue(), ".heic")
    with Image.open(io.BytesIO(found.content)) as kept:
        assert getattr(kept, "n_frames", 1) == 1
        red, _green, blue = kept.getpixel((30, 30))
        assert red > blue
