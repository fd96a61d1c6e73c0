"""Free ports on loopback."""

import random
import socket

# Below the kernel's range for outgoing connections, so that ours are still free tomorrow.
SERVICES = range(20000, 32000)


def addresses() -> list[tuple[socket.AddressFamily, str]]:
    """What `localhost` means here: IPv4, and IPv6 where the machine has it."""
    known = [(socket.AF_INET, "127.0.0.1")]
    if is_free_at(socket.AF_INET6, "::1", 0):
        known.append((socket.AF_INET6, "::1"))
    return known


def is_free_at(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """Say whether a server could listen at this port of localhost."""
    return all(is_free_at(family, host, port) for family, host in addresses())


def pick(*taken: int) -> int:
    """A free port that is none of `taken`."""
    while True:
        port = random.choice(SERVICES)
        if port not in taken and is_free(port):
            return port
