"""A clamd of this machine for tests: speaks INSTREAM over real TCP, and knows what it is taught."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class ClamdFake(socketserver.ThreadingTCPServer):
    """Finds `EICAR`. `says` is answered instead of what it finds, where it is set."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.says: bytes | None = None
        self.seen: list[bytes] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.StreamRequestHandler):
    server: ClamdFake

    def handle(self) -> None:
        command = self.rfile.read(len(b"zINSTREAM\0"))
        content = b""
        while (length := struct.unpack(">I", self.rfile.read(4))[0]) > 0:
            content += self.rfile.read(length)
        self.server.seen.append(content)
        if command != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
        elif self.server.says is not None:
            self.wfile.write(self.server.says)
        else:
            self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


@contextmanager
def serving() -> Iterator[ClamdFake]:
    """A scanner that listens while the block lasts."""
    with ClamdFake() as fake:
        threading.Thread(target=fake.serve_forever, daemon=True).start()
        try:
            yield fake
        finally:
            fake.shutdown()
