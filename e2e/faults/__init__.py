"""The delivery guarantee, tried: clients write to each other while what serves them is killed.

    .venv/bin/python -m e2e.faults                     10,000 messages of 20 clients, 40 times kill -9
    .venv/bin/python -m e2e.faults --messages 600      what bin/test runs

It starts a Bloom of its own, on 127.0.0.1, with a database that writes through to the disk (var/faults), and
ends with its checks: docs/delivery.md says what they are.
"""

import sys
from pathlib import Path

# `_dev` stands below bin/, which only the commands themselves put on the path.
BIN = Path(__file__).resolve().parents[2] / "bin"
if str(BIN) not in sys.path:
    sys.path.insert(0, str(BIN))
