"""What files hands out, and the bounds of what it takes."""

from dataclasses import dataclass
from datetime import timedelta

IMAGE_BYTES_MOST = 8 * 1024 * 1024
IMAGE_PIXELS_MOST = 40_000_000
IMAGE_SIDE_LEAST = 32
# A link to a file lasts between one and two of these, and is the same for one: browsers can keep what it
# leads to.
LINK_STEP = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file as it is served."""

    content: bytes
    content_type: str
