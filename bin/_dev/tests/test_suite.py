"""Which tests run where, and how they are counted."""

import pytest

from _dev import suite


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
    assert runs["browsers"] == ["e2e"]


def test_files_run_where_they_belong(ran):
    runs = ran("e2e/test_pages.py", "messaging/tests/test_rules.py::test_x", "-x")
    assert runs == {
        "PostgreSQL": ["messaging/tests/test_rules.py::test_x", "-x"],
        "browsers": ["e2e/test_pages.py", "-x"],
    }


def test_one_kind_alone(ran):
    assert ran("accounts") == {"PostgreSQL": ["accounts"]}


def test_browser_tests_alone(ran):
    assert ran("e2e") == {"browsers": ["e2e"]}


def test_a_name_is_looked_for_everywhere(ran):
    assert ran("-k", "theme") == {"PostgreSQL": ["-k", "theme"], "browsers": ["e2e", "-k", "theme"]}


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
