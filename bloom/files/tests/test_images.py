"""What is kept of an uploaded picture, and what is none."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from PIL import Image, ImageOps

from bloom.files import errors, images
from bloom.files.tests import pictures
from bloom.files.types import IMAGE_BYTES_MOST

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def kept(content: bytes, side: int = 96) -> Image.Image:
    return Image.open(io.BytesIO(images.image_square(content, side)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(300, 200), (200, 300), (32, 32), (1500, 40)])
def test_each_kind_and_shape_becomes_a_square_webp(kind, size):
    image = kept(pictures.picture(kind, size))
    assert (image.format, image.size) == ("WEBP", (96, 96))


def test_a_transparent_picture_stands_on_white():
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(out, "PNG")
    assert min(kept(out.getvalue()).convert("RGB").getpixel((48, 48))) > 250


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("times", [1, 12])
def test_it_is_upright_and_says_nothing_of_where_it_was_taken(kind, times):
    """ASVS 5.0 14.2.8: metadata of uploaded pictures is not kept."""
    image = kept(pictures.turned(kind, times))
    above, below = image.convert("RGB").getpixel((48, 12)), image.convert("RGB").getpixel((48, 84))
    assert above[0] > 200 > above[2]
    assert below[2] > 200 > below[0]
    assert not dict(image.getexif())
    assert "icc_profile" not in image.info
    assert b"PrivateCameraName" not in images.image_square(pictures.turned(), 96)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        SVG,
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7",
        b"MZ" + b"\0" * 100,
        b"BM" + b"\0" * 100,
        b"RIFF\0\0\0\0WAVE",
        b"II*\0" + b"\0" * 50,
    ],
    ids=["nothing", "words", "svg", "html", "gif", "pdf", "program", "bmp", "wave", "tiff"],
)
def test_what_is_no_photo_is_refused(content):
    """ASVS 5.0 5.2.2: the type is found from the bytes, and only three are taken."""
    with pytest.raises(errors.ImageRefused):
        images.image_square(content, 96)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [12, 40, 0.5, 0.9])
def test_a_truncated_file_is_refused(kind, part):
    """ASVS 5.0 5.2.2: what begins like an image and is none is refused in plain words."""
    whole = pictures.picture(kind, colour="orange")
    content = whole[: part if part > 1 else int(len(whole) * part)]
    with pytest.raises(errors.ImageRefused):
        images.image_square(content, 96)


@pytest.mark.parametrize("kind", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\xff\xffWEBP"])
def test_noise_under_a_true_beginning_is_refused(kind):
    """ASVS 5.0 5.2.2: the first bytes alone make no picture."""
    with pytest.raises(errors.ImageRefused):
        images.image_square(kind + bytes(range(256)) * 20, 96)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    """ASVS 5.0 5.2.3, 5.2.6: the pixels that a file claims are bounded."""
    for content in (pictures.bomb(), pictures.bomb(8_000, 6_000)):
        with pytest.raises(errors.ImageRefused, match="image_refused") as refused:
            images.image_square(content, 96)
        assert "too many pixels" in str(refused.value.detail)


def test_large_pictures_are_unpacked_one_after_the_other():
    """ASVS 5.0 5.2.6: many at once take no more memory than one."""
    at_once, most = 0, 0
    whole = images._webp

    def slow(seen):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.05)
        at_once -= 1
        return whole(seen)

    with mock.patch.object(images, "_webp", slow), ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: images.image_square(pictures.picture(), 96), range(4)))
    assert (len(made), most) == (4, 1)


def test_a_photo_of_a_phone_takes_little_memory():
    """ASVS 5.0 5.2.6: it is made small before it is turned and copied."""
    with mock.patch.object(images.ImageOps, "exif_transpose", wraps=ImageOps.exif_transpose) as turn:
        images.image_square(pictures.turned("PNG", 20), 384)
    (copied,) = turn.call_args.args
    assert 2 * 384 <= min(copied.size) < 4 * 384


def test_a_file_that_is_too_large_is_refused():
    """ASVS 5.0 5.2.1: the size of uploads is bounded."""
    with pytest.raises(errors.ImageRefused) as refused:
        images.image_square(pictures.picture() + b"\0" * IMAGE_BYTES_MOST, 96)
    assert "15 MB" in str(refused.value.detail)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_a_moving_picture_is_refused(kind):
    """ASVS 5.0 5.2.2: one picture, not many."""
    with pytest.raises(errors.ImageRefused) as refused:
        images.image_square(pictures.moving(kind), 96)
    assert "Moving" in str(refused.value.detail)


def test_a_picture_of_a_few_pixels_is_refused():
    with pytest.raises(errors.ImageRefused):
        images.image_square(pictures.picture(size=(31, 400)), 96)


def test_nothing_of_a_polyglot_is_kept():
    """ASVS 5.0 5.3.1, 5.4.1: what is also a page or an archive is kept as a picture alone."""
    payload = b"<script>alert(document.domain)</script>PK\x03\x04"
    assert payload not in images.image_square(pictures.picture() + payload, 96)
    commented = pictures.picture(comment=payload)
    assert payload in commented
    assert payload not in images.image_square(commented, 96)
