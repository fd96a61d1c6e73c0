"""Pure decisions about what was uploaded."""

JPEG, PNG, WEBP = "JPEG", "PNG", "WEBP"


def image_kind(content: bytes) -> str | None:
    """Which kind of image these bytes begin as, whatever their name says; None for all others."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    return None
