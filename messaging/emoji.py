"""Which emoji one may react with: those of Unicode, by a list (emoji.txt, Emoji 15.1), and no picture of
anybody's own. Pure but for reading that list.
"""

from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

_LIST: Final = Path(__file__).with_name("emoji.txt")
_PRESENTATION: Final = "\ufe0f"

# What the page offers, with the words that a screen reader says.
OFFERED: Final = (
    ("👍", _("Thumbs up")),
    ("❤️", _("Heart")),
    ("🙏", _("Thank you")),
    ("🤗", _("Hug")),
    ("😊", _("Smile")),
    ("😂", _("Laughing")),
    ("😢", _("Sad")),
    ("😮", _("Surprised")),
    ("🎉", _("Celebrate")),
    ("👏", _("Applause")),
    ("💪", _("Strength")),
    ("🌱", _("Growing")),
    ("🌸", _("Blossom")),
    ("☀️", _("Sun")),
    ("🌈", _("Rainbow")),
    ("⭐", _("Star")),
    ("✅", _("Done")),
    ("👋", _("Wave")),
)


@cache
def _known() -> dict[str, str]:
    """Every emoji, also without the sign that asks for colour: one heart, one spelling."""
    full = _LIST.read_text(encoding="utf-8").split()
    return {each.replace(_PRESENTATION, ""): each for each in full} | {each: each for each in full}


def emoji_clean(raw: str) -> str | None:
    """The emoji in its one spelling, or None for anything else."""
    return _known().get(raw)
