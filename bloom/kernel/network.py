"""Addresses of those who connect, in one spelling."""

import functools
import ipaddress


@functools.lru_cache(maxsize=4_096)
def address(raw: str | None) -> str | None:
    """An IP address as the database would write it, without port or zone; None for anything else."""
    if not raw:
        return None
    text = raw.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def place(raw: str | None) -> str:
    """What limits count as one address: of IPv6 the first 64 bits, for who has them has all that begin so.
    "unknown" for what is no address.
    """
    known = address(raw)
    if known is None:
        return "unknown"
    parsed = ipaddress.ip_address(known)
    return known if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def client_address(peer: str | None, forwarded_for: str, *, trusted_proxies: int) -> str | None:
    """The client's address as the outermost of our own proxies saw it; without any, the peer's.

    `X-Forwarded-For` is only believed as far as those proxies wrote it.
    """
    hops = [hop.strip() for hop in forwarded_for.split(",")]
    if trusted_proxies and len(hops) >= trusted_proxies and hops[-trusted_proxies]:
        return address(hops[-trusted_proxies])
    return address(peer)
