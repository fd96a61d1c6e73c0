"""Signatures, waits and addresses, without a network."""

import ipaddress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloom.kernel import addresses
from bloom.webhooks import rules

# The example of the specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNED = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example_of_the_specification() -> None:
    assert rules.signatures([SECRET], *SIGNED) == SIGNATURE


def test_two_secrets_sign_side_by_side() -> None:
    other = rules.secret_text(b"x" * 32)
    first, second = rules.signatures([other, SECRET], *SIGNED).split(" ")
    assert (first != SIGNATURE, second) == (True, SIGNATURE)


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_is_read_back(secret: bytes) -> None:
    assert rules.secret_bytes(rules.secret_text(secret)) == secret


def test_tries_go_on_for_three_days_and_end() -> None:
    waits = [rules.wait_after(attempts, 0.5) for attempts in range(1, rules.TRIES)]
    known = [wait for wait in waits if wait is not None]
    assert len(known) == len(waits)
    assert timedelta(days=2, hours=20) < sum(known, timedelta()) < timedelta(days=3, hours=4)
    assert known == sorted(known)
    assert rules.wait_after(rules.TRIES, 0.5) is None


@given(st.integers(1, rules.TRIES - 1), st.floats(0, 1))
def test_a_wait_is_about_as_long_as_it_says(attempts: int, chance: float) -> None:
    wait, middle = rules.wait_after(attempts, chance), rules.wait_after(attempts, 0.5)
    assert wait is not None
    assert middle is not None
    assert 0.89 * middle <= wait <= 1.11 * middle


GOOD = [
    "https://example.org",
    "https://example.org:8443/a/b?c=d",
    "https://8.8.8.8/x",
    "https://[2606:4700::1111]/",
]
BAD = {
    "http://example.org": "https",
    "ftp://example.org": "https",
    "javascript:alert(1)": "https",
    "//example.org": "https",
    "https://": "form",
    "https://user:secret@example.org/": "form",
    "https://example.org/#there": "form",
    "https://exa mple.org/": "form",
    "https://example.org/\r\nX-Injected: 1": "form",
    "https://example.org\\@127.0.0.1/": "form",
    "https://ex\u00e4mple.org/": "form",
    "https://example.org:99999/": "form",
    "https://example.org/" + "a" * 500: "form",
    "https://0x7f000001/": "address",
    "https://2130706433/": "address",
    "https://example.org:22/": "port",
    "https://example.org:6379/": "port",
    "https://localhost/": "address",
    "https://redis/": "address",
    "https://printer.local/": "address",
    "https://metadata.google.internal/": "address",
    "https://127.0.0.1/": "address",
    "https://[::1]/": "address",
    "https://169.254.169.254/latest/meta-data/": "address",
    "https://10.0.0.7/": "address",
}


@pytest.mark.parametrize("url", GOOD)
def test_addresses_that_may_be_told(url: str) -> None:
    assert addresses.url_fault(url, private=False) == ""


@pytest.mark.parametrize(("url", "fault"), BAD.items(), ids=list(BAD))
def test_addresses_that_may_not(url: str, fault: str) -> None:
    assert addresses.url_fault(url, private=False) == fault


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/receiver/", "https://hooks.internal:9000/"])
def test_an_operator_may_allow_their_own_network(url: str) -> None:
    assert addresses.url_fault(url, private=True) == ""


@pytest.mark.parametrize("url", ["ftp://example.org", "http://a:b@example.org", "http://x y/"])
def test_and_not_everything(url: str) -> None:
    assert addresses.url_fault(url, private=True) != ""


PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_no_internet(address: str) -> None:
    assert not addresses.address_is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "::ffff:8.8.8.8", "2606:4700:4700::1111"])
def test_addresses_of_the_internet(address: str) -> None:
    assert addresses.address_is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_no_private_address_hides_in_a_longer_one(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.ip_address(f"::ffff:{address}")
    assert addresses.address_is_public(mapped) == addresses.address_is_public(address)
    for prefix in ("64:ff9b::", "::"):
        assert not addresses.address_is_public(ipaddress.ip_address(f"{prefix}{address}"))
