"""One Valkey server, on loopback, in memory: it holds nothing that can't be rebuilt."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from _dev.children import die_with_parent, stop_group
from _dev.programs import Programs
from _dev.terminal import Stop


class Valkey:
    """A server that asks for `password`. Its configuration goes by stdin, where `ps` does not show it."""

    name = "Valkey"

    def __init__(self, programs: Programs, log: Path, port: int, password: str) -> None:
        self.programs = programs
        self.log = log
        self.port = port
        self.password = password
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises Stop."""
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "requirepass": self.password,
            "databases": "64",
            "save": '""',
            "appendonly": "no",
            "dir": str(self.programs.data("valkey")),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs.valkey, "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
                **self.programs.as_user,
            )
        if self.process.stdin is None:
            raise AssertionError("stdin was asked for")
        with self.process.stdin as stdin:
            stdin.write("".join(f"{name} {value}\n" for name, value in settings.items()).encode())
        deadline = time.monotonic() + 15
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Stop(f"Valkey does not start: see {self.log}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Say whether the server answers with our password."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(100)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def stop(self) -> None:
        if self.process is not None:
            stop_group(self.process, signal.SIGTERM, 5)
