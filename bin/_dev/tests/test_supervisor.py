import os
import signal
import subprocess
import sys
import time

import pytest

from _dev import supervisor as supervisors
from _dev.state import State
from _dev.supervisor import Child, Supervisor, how_it_ended

from .conftest import BIN

# A child with a grandchild, as Celery's worker is one.
FAMILY = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
PARENT = f"""
import subprocess, sys, time
sys.path.insert(0, {str(BIN)!r})
from _dev.children import die_with_parent
print(subprocess.Popen(["sleep", "60"], preexec_fn=die_with_parent()).pid, flush=True)
time.sleep(60)
"""


def until(true, seconds=10):
    """Wait until `true()` holds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def supervisor(tmp_path):
    made = Supervisor(State(tmp_path), None, dict(os.environ))
    yield made
    made.stop()


def test_a_child_that_dies_starts_again(supervisor, monkeypatch, capfd):
    monkeypatch.setattr(supervisors, "FIRST_PAUSE", 0.05)
    child = supervisor.start("web", ["sleep", "60"])
    first = child.process
    first.send_signal(signal.SIGKILL)
    first.wait()
    supervisor.check()
    assert child.process is None
    until(lambda: supervisor.check() or child.process)
    assert child.process.pid != first.pid
    assert "web was ended by SIGKILL" in capfd.readouterr().err


def test_pauses_grow_up_to_a_limit_and_begin_anew_after_a_good_run(tmp_path):
    child = Child("web", [], 1, tmp_path / "web.log", started=time.monotonic())
    assert [child.pause() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    child.started -= supervisors.WELL_AFTER + 1
    assert child.pause() == 1


def test_stopping_ends_a_child_with_its_own_children(supervisor):
    child = supervisor.start("worker", [sys.executable, "-c", FAMILY])
    until(lambda: child.log.read_text().strip())
    grandchild = int(child.log.read_text())
    assert is_alive(grandchild)
    supervisor.stop()
    until(lambda: not is_alive(grandchild))
    assert child.process.returncode == -signal.SIGTERM


def test_a_stubborn_child_is_killed_when_patience_ends(supervisor):
    child = supervisor.start("web", ["sh", "-c", "trap '' TERM; echo deaf; sleep 60"], patience=0.2)
    until(child.log.read_text)
    supervisor.stop()
    assert child.process.returncode == -signal.SIGKILL


def test_a_big_log_is_put_aside_at_the_start(supervisor, monkeypatch):
    monkeypatch.setattr(supervisors, "KEPT_LOG", 3)
    supervisor.state.log("web").write_text("a long story")
    supervisor.start("web", ["echo", "new"])
    assert supervisor.state.log("web").with_suffix(".log.old").read_text() == "a long story"


def test_so_is_one_that_grows_big_while_its_child_runs(supervisor, monkeypatch):
    monkeypatch.setattr(supervisors, "KEPT_LOG", 8)
    child = supervisor.start("web", ["sh", "-c", "echo a long story; sleep 1; echo more; sleep 60"])
    until(lambda: child.log.stat().st_size > 8)
    supervisor.check()
    assert child.log.with_suffix(".log.old").read_text() == "a long story\n"
    assert child.log.read_text() == ""
    # The same process writes on, into the emptied file.
    until(lambda: child.log.read_text() == "more\n")


def test_logs_are_for_their_owner_alone(supervisor, monkeypatch):
    monkeypatch.setattr(supervisors, "KEPT_LOG", 8)
    old = supervisor.state.logs / "web.log"
    old.parent.mkdir(parents=True)
    old.write_text("a long story")
    old.chmod(0o644)
    supervisor.start("web", ["echo", "new"])
    supervisor.start("worker", ["echo", "new"])
    names = {path.name: path.stat().st_mode & 0o777 for path in supervisor.state.logs.iterdir()}
    assert names == {"web.log": 0o600, "web.log.old": 0o600, "worker.log": 0o600}


def test_children_die_with_a_killed_parent():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    until(lambda: not is_alive(child))


def test_ends_are_told_in_words():
    assert how_it_ended(-9) == "was ended by SIGKILL"
    assert how_it_ended(3) == "ended with status 3"
