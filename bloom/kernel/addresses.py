"""Where a request of ours may lead that a stranger has named: a webhook, a calendar. Pure, and below
everything that asks.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

URL_LENGTH: Final = 500
# A firewall that lets a server out to the web lets it out here.
PORTS: Final = frozenset({443, 8443})
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses that lead to an IPv4 address which stands inside them: NAT64, 6to4, Teredo, and ::a.b.c.d.
_TUNNELS: Final = tuple(
    ipaddress.IPv6Network(each)
    for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)


def url_fault(url: str, *, private: bool) -> str:
    """What is wrong with an address, as a code; nothing when it may be used. `private`: an operator allows
    plain HTTP, any port, and what `address_is_public` refuses.
    """
    if len(url) > URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "form"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "form"
    host = parts.hostname or ""
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return "https"
    if not host or "@" in parts.netloc or parts.fragment:
        return "form"
    literal = _literal(host)
    if literal is None and not _HOST.fullmatch(host):
        return "form"
    if private:
        return ""
    if port is not None and port not in PORTS:
        return "port"
    # A name without a dot is one of our own network.
    if literal is None and ("." not in host.strip(".") or host.strip(".").endswith((".local", ".internal"))):
        return "address"
    return "" if literal is None or address_is_public(literal) else "address"


def address_is_public(address: Address) -> bool:
    """Whether an address is one of the internet at large: nothing of this machine, its network, its cloud."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address_is_public(address.ipv4_mapped)
        if any(address in network for network in _TUNNELS) or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
