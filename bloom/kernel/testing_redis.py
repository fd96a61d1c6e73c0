"""Loaded before the settings (pytest.ini): each of the processes that run tests has a Redis of its own.

One that empties its cache, or counts what Redis holds, neither disturbs its neighbours nor sees theirs.
"""

import os

_worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
if _worker.isdigit() and "REDIS_URL" in os.environ:
    _server, _, _index = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{_server}/{int(_index) + int(_worker)}"
