import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloom.kernel import network


@given(st.one_of(st.none(), st.text(max_size=50), st.ip_addresses().map(str)))
def test_an_address_is_its_own_spelling_or_nothing(raw: str | None) -> None:
    known = network.address(raw)
    assert known is None or network.address(known) == known


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:DB8:0::0001", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", None),
        ("not an ip", None),
        ("", None),
        (None, None),
    ],
)
def test_one_spelling(raw: str | None, known: str | None) -> None:
    assert network.address(raw) == known


@pytest.mark.parametrize(
    ("forwarded_for", "trusted", "seen"),
    [
        ("198.51.100.9", 0, "192.0.2.7"),
        ("198.51.100.9", 1, "198.51.100.9"),
        ("203.0.113.5, 198.51.100.9", 1, "198.51.100.9"),
        ("203.0.113.5, 198.51.100.9", 2, "203.0.113.5"),
        ("", 1, "192.0.2.7"),
        ("198.51.100.9", 2, "192.0.2.7"),
        ("forged", 1, None),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    forwarded_for: str, trusted: int, seen: str | None
) -> None:
    assert network.client_address("192.0.2.7", forwarded_for, trusted_proxies=trusted) == seen


@pytest.mark.parametrize(
    ("raw", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("not an ip", "unknown"),
        (None, "unknown"),
    ],
)
def test_what_limits_count_as_one_address(raw: str | None, counted: str) -> None:
    assert network.place(raw) == counted
