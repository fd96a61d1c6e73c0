import pytest

from bloom.kernel import text

BLANKS = (
    "\u200b\u200e\u2800\u3164\u115f\u1160\uffa0\u034f\u17b4\u180b\u2065\ufe0f\U0001d159\U000e0001\U000e0100"
)


@pytest.mark.parametrize("blank", ["", " ", "\n\t", *BLANKS, BLANKS])
def test_nothing_to_see(blank):
    assert text.is_blank(blank)


@pytest.mark.parametrize("seen", ["a", ".", "好", "❤\ufe0f", "\u200bx\u200b", "\u2801", "\u1100", "\ue000"])
def test_something_to_see(seen):
    assert not text.is_blank(seen)
