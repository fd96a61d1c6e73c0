"""Bloom's messages against what a practice would otherwise run: a Socket.io, Prisma and PostgreSQL server.

    python3 -m benchmarks.chat             three rounds of ten seconds each: some twelve minutes
    python3 -m benchmarks.chat --short     one round of four seconds each: some three minutes

All servers stand at the same time, each with a PostgreSQL and a Valkey of Bloom's own make, on 127.0.0.1; one
is driven at a time, in turns, so that a busy moment of the machine hits each of them alike. What the other
servers are, and what each send does there: baseline/README.md. What came of it: docs/decisions/0024.
"""

import sys
from pathlib import Path

# `_dev` stands below bin/, which only the commands themselves put on the path.
BIN = Path(__file__).resolve().parents[2] / "bin"
if str(BIN) not in sys.path:
    sys.path.insert(0, str(BIN))
