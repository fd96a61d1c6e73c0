import signal
import subprocess
import sys

from _dev.locks import Lock, is_held

from .conftest import BIN

HOLD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from _dev.locks import Lock
lock = Lock(Path(sys.argv[2]))
assert lock.exclusive()
print("held", flush=True)
time.sleep(60)
"""


def test_one_holds_alone_or_many_together(tmp_path):
    path = tmp_path / "x.lock"
    first, second = Lock(path), Lock(path)
    assert first.shared()
    assert second.shared()
    assert not second.exclusive()
    first.release()
    assert second.exclusive()
    assert not first.shared()
    assert is_held(path)
    second.close()
    assert not is_held(path)


def test_a_note_replaces_the_one_before(tmp_path):
    lock = Lock(tmp_path / "x.lock")
    lock.write("a long first note")
    lock.write("short")
    assert lock.read() == "short"


def test_a_lock_that_was_never_taken_is_free(tmp_path):
    assert not is_held(tmp_path / "never.lock")
    assert not (tmp_path / "never.lock").exists()


def test_the_kernel_releases_the_lock_of_a_killed_holder(tmp_path):
    path = tmp_path / "x.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, BIN, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert Lock(path).exclusive(wait=2)
