"""Pictures for tests, made and not stored."""

import io
import struct
import zlib

import pillow_heif
from PIL import Image


def picture(kind: str = "JPEG", size: tuple[int, int] = (300, 200), colour: str = "teal", **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def turned(kind: str = "JPEG", times: int = 1) -> bytes:
    """Stored on its side: red above blue once it is upright. With the place where it was taken."""
    image = Image.new("RGB", (200 * times, 100 * times), "blue")
    image.paste("red", (0, 0, 100 * times, 100 * times))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (41.0, 52.0, 55.0)
    exif[0x010F] = "PrivateCameraName"
    out = io.BytesIO()
    image.save(out, kind, quality=95, exif=exif)
    return out.getvalue()


def moving(kind: str = "WEBP") -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def two_in_one() -> bytes:
    """As phones take them: a JPEG with a second picture behind it (MPO)."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue")]
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    return out.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it is enormous."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")):
        parts.append(struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)))
    return b"".join(parts)


def heic(
    size: tuple[int, int] = (300, 200), colour: str = "teal", exif: bytes | None = None, **more
) -> bytes:
    """As iPhones take them."""
    out = io.BytesIO()
    file = pillow_heif.from_pillow(Image.new("RGB", size, colour))
    file.save(out, quality=90, exif=exif, **more)
    return out.getvalue()
