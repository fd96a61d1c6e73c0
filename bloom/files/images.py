"""Pictures as they are kept: square or whole, upright, one format, and nothing else of what was uploaded."""

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Callable

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from bloom.files import errors, rules
from bloom.files.types import (
    IMAGE_BYTES_MOST,
    IMAGE_MEGABYTES_MOST,
    IMAGE_PIXELS_MOST,
    IMAGE_SIDE_LEAST,
)

CONTENT_TYPE = "image/webp"
# What Pillow raises for bytes that are not what they begin as.
_BROKEN = (OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError, IndexError, MemoryError)
# A small file may unpack to hundreds of megabytes: one at a time in a process, so that many together do not
# take its memory.
_UNPACKING = threading.Lock()


def image_square(content: bytes, side: int) -> bytes:
    """The middle of a picture as a WebP of `side` by `side` pixels, made from its pixels alone: no metadata
    and no byte of the original is in it. Raises ImageRefused.
    """
    return _made(content, side, _squared)


def image_whole(content: bytes, side: int) -> bytes:
    """All of a picture as a WebP within `side` by `side` pixels, on white; else as `image_square`."""
    return _made(content, side, _within)


def _made(content: bytes, side: int, shape: Callable[[Image.Image, int], Image.Image]) -> bytes:
    if len(content) > IMAGE_BYTES_MOST:
        raise errors.ImageRefused(
            _("This picture is larger than %(most)s MB. Please choose a smaller one.")
            % {"most": IMAGE_MEGABYTES_MOST}
        )
    kind = rules.image_kind(content)
    if kind is None:
        raise errors.ImageRefused
    try:
        with _UNPACKING, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _webp(shape(_pixels(content, kind, side), side))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except _BROKEN as error:
        raise errors.ImageRefused(
            _("This picture could not be read. It may be damaged; please choose another.")
        ) from error


def _squared(seen: Image.Image, side: int) -> Image.Image:
    return ImageOps.fit(seen, (side, side), Image.Resampling.LANCZOS)


def _within(seen: Image.Image, side: int) -> Image.Image:
    seen.thumbnail((side, side), Image.Resampling.LANCZOS)
    return seen


def _pixels(content: bytes, kind: str, side: int) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[kind]) as image:
        # The header tells the size: nothing has been unpacked yet.
        if image.width * image.height > IMAGE_PIXELS_MOST:
            raise _too_many_pixels()
        if min(image.size) < IMAGE_SIDE_LEAST:
            raise errors.ImageRefused(_("This picture is too small to show. Please choose a larger one."))
        if getattr(image, "is_animated", False):
            raise errors.ImageRefused(_("Moving pictures cannot be used. Please choose a still one."))
        image.draft("RGB", (side * 2, side * 2))
        image.load()
        return ImageOps.exif_transpose(_nearly(image, side)).convert("RGBA")


def _nearly(image: Image.Image, side: int) -> Image.Image:
    """Shrunk as far as takes nothing from the result, before it is turned and copied at full size."""
    factor = min(image.size) // (side * 2)
    if factor < 2 or image.mode not in {"L", "RGB", "RGBA"}:
        return image
    # It still knows how the camera was held.
    return image.reduce(factor)


def _webp(seen: Image.Image) -> bytes:
    clean = Image.new("RGB", seen.size, "white")
    clean.paste(seen, mask=seen.getchannel("A"))
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=84, method=4)
    return out.getvalue()


def _too_many_pixels() -> errors.ImageRefused:
    return errors.ImageRefused(_("This picture has too many pixels. Please choose a smaller one."))
