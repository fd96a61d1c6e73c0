"""Which tests run where, and how they are counted."""

import os

import pytest

from _dev import suite

WITHOUT_FAULTS = "--ignore=e2e/faults"
ONE_AT_A_TIME = ("-n", "0")


@pytest.fixture
def ran(monkeypatch):
    """What each run of pytest would be given, by its name."""
    runs = {}
    tests = suite.Suite.__new__(suite.Suite)
    tests.env = {}
    monkeypatch.setattr(
        suite.Suite, "pytest", lambda self, name, *given, env: runs.update({name: list(given)})
    )
    monkeypatch.setattr(suite.Suite, "browser_tests", lambda self, where: runs.update(browsers=where))

    def run(*arguments):
        tests.arguments = list(arguments)
        tests.run_tests()
        return runs

    return run


def test_without_arguments_everything_runs(ran):
    runs = ran()
    assert runs["SQLite"] == [suite.SQLITE_TESTS]
    assert "loadfile" in runs["PostgreSQL"]
    assert runs["browsers"] == [WITHOUT_FAULTS, "e2e"]
    assert runs["kill -9"] == ["e2e/faults", *ONE_AT_A_TIME]


def test_files_run_where_they_belong(ran):
    runs = ran("e2e/test_pages.py", "messaging/tests/test_rules.py::test_x", "-x")
    assert runs == {
        "PostgreSQL": ["messaging/tests/test_rules.py::test_x", "-x"],
        "browsers": [WITHOUT_FAULTS, "e2e/test_pages.py", "-x"],
    }


def test_one_kind_alone(ran):
    assert ran("accounts") == {"PostgreSQL": ["accounts"]}


def test_browser_tests_alone(ran):
    assert ran("e2e") == {"browsers": [WITHOUT_FAULTS, "e2e"]}


def test_what_kills_processes_runs_when_it_is_named(ran):
    assert ran("e2e/faults", "-x") == {"kill -9": ["e2e/faults", "-x", *ONE_AT_A_TIME]}


def test_a_name_is_looked_for_everywhere(ran):
    assert ran("-k", "theme") == {
        "PostgreSQL": ["-k", "theme"],
        "browsers": [WITHOUT_FAULTS, "e2e", "-k", "theme"],
    }


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("3 failed, 40 passed, 1 skipped in 2.00s", {"failed": 3, "passed": 40, "skipped": 1}),
        ("=== 1 passed, 2 warnings, 1 error in 3.00s ===", {"passed": 1, "warning": 2, "error": 1}),
        ("no tests ran in 0.01s", {}),
    ],
)
def test_the_closing_line_is_counted(line, counts):
    assert dict(suite.counted(["noise", line])) == counts


@pytest.mark.parametrize("quiet", [[], ["-q"], ["-xq"], ["-x", "--quiet"]], ids=" ".join)
def test_tests_that_pass_are_counted_however_quiet(tmp_path, capsys, quiet):
    """A real run, of a test that knows nothing of Bloom."""
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n")
    tests = suite.Suite.__new__(suite.Suite)
    tests.arguments, tests.failed, tests.counts = quiet, [], suite.Counter()
    alone = ["-c", os.devnull, f"--rootdir={tmp_path}", "-p", "no:cacheprovider", str(tmp_path)]
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    tests.pytest("one", *quiet, *alone, env=env)
    assert (tests.passed, tests.closing_line(1.0).strip(" =\n")) == (True, "1 passed in 1.00s")
