"""Pictures as they are kept: square or whole, upright, one format, and nothing else of what was uploaded."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from bloom.files import errors, rules
from bloom.files.types import IMAGE_BYTES_MOST, IMAGE_PIXELS_MOST, IMAGE_SIDE_LEAST

CONTENT_TYPE = "image/webp"
# What Pillow raises for bytes that are not what they begin as.
_BROKEN = (OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError, IndexError, MemoryError)


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
        most = IMAGE_BYTES_MOST // (1024 * 1024)
        raise errors.ImageRefused(
            _("This picture is larger than %(most)s MB. Please choose a smaller one.") % {"most": most}
        )
    kind = rules.image_kind(content)
    if kind is None:
        raise errors.ImageRefused
    try:
        with warnings.catch_warnings():
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
        upright = ImageOps.exif_transpose(image)
        return upright.convert("RGBA")


def _webp(seen: Image.Image) -> bytes:
    clean = Image.new("RGB", seen.size, "white")
    clean.paste(seen, mask=seen.getchannel("A"))
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=84, method=4)
    return out.getvalue()


def _too_many_pixels() -> errors.ImageRefused:
    return errors.ImageRefused(_("This picture has too many pixels. Please choose a smaller one."))
