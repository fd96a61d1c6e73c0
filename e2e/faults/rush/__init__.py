"""The promise of booking, tried: many processes want few times, while Redis forgets and is killed.

    .venv/bin/python -m e2e.faults.rush                    10,000 attempts of 8 processes
    .venv/bin/python -m e2e.faults.rush --attempts 600     about what bin/test runs

It starts a Bloom of its own, as `e2e.faults` does, and ends with its checks: docs/scheduling.md says what
they are.
"""
