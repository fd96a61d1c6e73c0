"""Nobody owes what they were not shown."""

import pytest

from bloom.kernel import fees
from bloom.kernel.money import Money


def usd(amount):
    return Money(amount, "USD")


@pytest.mark.parametrize(
    ("owed", "seen"),
    [
        ([], []),
        ([usd(0)], []),
        ([usd(500)], [usd(500)]),
        ([usd(500), usd(250)], [usd(750)]),
        # Less than was shown is owed gladly.
        ([usd(500)], [usd(800), Money(100, "EUR")]),
    ],
)
def test_what_was_shown_may_be_owed(owed, seen):
    fees.seen_check(owed, seen)


@pytest.mark.parametrize("seen", [[], [usd(749)], [Money(750, "EUR")], [usd(-750)]])
def test_what_was_not_is_refused_with_all_of_it(seen):
    with pytest.raises(fees.LateFeeUnseen) as refused:
        fees.seen_check([usd(500), usd(250), Money(0, "EUR")], seen)
    assert refused.value.fields == {"fees": [{"amount": 750, "currency": "USD"}]}


def test_a_form_sends_back_what_its_page_showed():
    written = fees.write([usd(500), Money(300, "EUR"), usd(250)])
    assert written == "300 EUR,750 USD"
    assert fees.read(written) == (Money(300, "EUR"), usd(750))
    assert fees.read("") == ()


@pytest.mark.parametrize(
    "text", ["seen", "-5 USD", "٥ USD", "5 usd", "5", "5 US,D", "1" * 5000 + " USD", "\x00"]
)
def test_what_makes_no_sense_was_not_shown(text):
    assert fees.read(text) == ()
