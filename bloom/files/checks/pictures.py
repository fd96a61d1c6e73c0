"""Pictures: made anew from their pixels, so that nothing else of what was uploaded is kept."""

import io
import struct
import warnings
import zlib
from typing import Final

from PIL import Image, ImageOps

from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind

PIXELS_MOST: Final = 40_000_000
SIDE_MOST: Final = 4_096
THUMBNAIL_SIDE: Final = 640
_FORMATS: Final = {Kind.HEIC: "HEIF", Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP"}
# What Pillow raises for bytes that are not what they begin as.
_BROKEN: Final = (OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError, IndexError, KeyError)


def kept_kind(kind: Kind) -> Kind:
    """What a picture of this kind is kept as: not every browser shows what an iPhone takes."""
    return Kind.JPEG if kind is Kind.HEIC else kind


def picture_make(content: bytes, kind: Kind) -> tuple[bytes, bytes, tuple[int, int]]:
    """The picture as it is kept, its small WebP, and its size. Upright, at most 4096 pixels wide and high,
    without place, date, camera or any other byte of the original. Raises Refused.
    """
    if kind is Kind.HEIC:
        _heic_learn()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            seen = _pixels(content, kind)
            kept = _saved(seen, kind)
            small = seen.copy()
            small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
            return kept, _webp(small), seen.size
    except (MemoryError, Image.DecompressionBombError):
        raise Refused(Fault.TOO_COMPLEX) from None
    except _BROKEN:
        raise Refused(Fault.DAMAGED) from None


def _pixels(content: bytes, kind: Kind) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as image:
        # The header tells the size: nothing has been unpacked yet.
        if image.width * image.height > PIXELS_MOST:
            raise Refused(Fault.TOO_COMPLEX)
        # A phone keeps a second picture or a depth map behind its photo; the first one is the photo.
        if kept_kind(kind) is not Kind.JPEG and getattr(image, "is_animated", False):
            raise Refused(Fault.MOVING)
        image.load()
        has_alpha = kept_kind(kind) is not Kind.JPEG and (
            "A" in image.getbands() or "transparency" in image.info
        )
        mode = "RGBA" if has_alpha else "RGB"
        # Of all its pixels as few copies at a time as can be: the largest take 160 MB each.
        plain: Image.Image = image if image.mode == mode else image.convert(mode)
        ImageOps.exif_transpose(plain, in_place=True)
        plain.thumbnail((SIDE_MOST, SIDE_MOST), Image.Resampling.LANCZOS)
        plain.load()
    # Pixels alone: a copy would take the original's notes along.
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    return clean


def _heic_learn() -> None:
    """Have Pillow read HEIC: the picture alone, without a thread, since this process may start none."""
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    pi_heif.options.AUX_IMAGES = False
    pi_heif.options.DEPTH_IMAGES = False


def _saved(seen: Image.Image, kind: Kind) -> bytes:
    out = io.BytesIO()
    if kind is Kind.PNG:
        seen.save(out, "PNG", compress_level=6)
    elif kind is Kind.WEBP:
        seen.save(out, "WEBP", quality=88, method=4)
    else:
        seen.save(out, "JPEG", quality=88)
    return out.getvalue()


def _webp(seen: Image.Image) -> bytes:
    white = Image.new("RGB", seen.size, "white")
    white.paste(seen, mask=seen.getchannel("A") if seen.mode == "RGBA" else None)
    out = io.BytesIO()
    white.save(out, "WEBP", quality=80, method=4)
    return out.getvalue()
