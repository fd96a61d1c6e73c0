"""The rules of the house that no bought tool checks. Each says which; DESIGN's picture is docs/decisions/."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

import bloom.asgi  # noqa: F401 - with the whole application loaded
from bloom.kernel import events, lint, problems
from bloom.kernel.errors import DomainError
from bloom.kernel.guard import PrivateModel

ROOT = Path(settings.BASE_DIR)
NOT_OURS = {".venv", "node_modules", "var"}
LINES = 400
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = [name for name in settings.INSTALLED_APPS if (ROOT / name.replace(".", "/")).is_dir()]


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file of ours, from the root on."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
    return tuple(sorted(path for path in found if not NOT_OURS.intersection(path.parts)))


def is_test(path: Path) -> bool:
    return bool({"tests", "e2e"}.intersection(path.parts)) or path.name in {"conftest.py", "testing.py"}


def code() -> Iterator[tuple[Path, ast.Module]]:
    """Every file that Bloom runs on, with what stands in it."""
    for path in sources():
        if not is_test(path) and "migrations" not in path.parts:
            yield path, ast.parse((ROOT / path).read_text())


# Files ------------------------------------------------------------------------------------------------------


def test_the_house_s_own_lint_finds_nothing():
    assert lint.violations([ROOT / path for path in sources()], root=ROOT) == []


def test_no_file_outgrows_what_can_be_read_at_once():
    """Past that it becomes a package, split by noun."""
    long = {
        str(path): count
        for path, _tree in code()
        if (count := len((ROOT / path).read_text().splitlines())) > LINES
    }
    assert long == {}


def test_the_environment_is_read_in_one_place():
    readers = {
        str(path)
        for path, tree in code()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    # The commands and benchmarks stand outside, three files name the settings module, and one gives each
    # process of tests its own Redis before there are settings.
    inside = {path for path in readers if not path.startswith(("bin/", "benchmarks/"))}
    assert inside == {
        "bloom/env.py",
        "bloom/settings/environment.py",
        "bloom/settings/database.py",
        "bloom/asgi.py",
        "bloom/celery.py",
        "bloom/kernel/testing_redis.py",
        "manage.py",
    }


def test_no_page_shows_a_comment():
    # {# ... #} ends with its line: what goes on in the next one would stand on the page.
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            assert line.count("{#") == line.count("#}"), f"{path.relative_to(ROOT)}:{number}"


def test_there_are_no_signals_of_our_own_and_few_ears_for_others():
    for path, tree in code():
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            name = getattr(called, "id", getattr(called, "attr", ""))
            assert name not in {"Signal", "receiver"}, f"{path}:{node.lineno}"
            if isinstance(node, ast.ImportFrom) and node.module == "django.dispatch":
                raise AssertionError(f"{path}:{node.lineno}: say what happened with an event")


# Rooms ------------------------------------------------------------------------------------------------------


def contract(name: str) -> dict:
    (found,) = [each for each in CONFIG["tool"]["importlinter"]["contracts"] if each["name"].startswith(name)]
    return found


def test_every_room_stands_in_every_contract():
    ranks = [layer for layer in contract("Rooms")["layers"] if layer in ROOMS]
    assert ranks == ROOMS[::-1], "the order of INSTALLED_APPS, highest first"
    apps_ = set(ROOMS) - {"bloom.kernel"}
    assert set(contract("Doors")["rooms"]) == apps_
    assert set(contract("Inside an app")["containers"]) == apps_
    assert set(contract("Only settings")["source_modules"]) == set(ROOMS)


def test_every_module_of_rules_is_pure():
    pure = {
        ".".join(path.with_suffix("").parts)
        for path in sources()
        if path.name == "rules.py" and not is_test(path)
    }
    assert pure <= set(contract("Rules are pure")["source_modules"])


def test_foreign_keys_point_the_way_that_imports_do():
    rank = {apps.get_app_config(room.rpartition(".")[2]).label: at for at, room in enumerate(ROOMS)}
    upward = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in rank
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model._meta.app_label in rank
        if rank[field.related_model._meta.app_label] > rank[model._meta.app_label]
    ]
    assert upward == []


def test_every_private_table_says_to_which_practice_a_row_belongs():
    private = [model for model in apps.get_models() if issubclass(model, PrivateModel)]
    assert len(private) > 5
    for model in private:
        assert model._meta.get_field("practice_id" if "practice" not in names(model) else "practice"), model
        assert "visibility" in vars(model), f"{model.__name__} does not say who may see it"


def names(model) -> set[str]:
    return {field.name for field in model._meta.get_fields()}


# Errors and events ------------------------------------------------------------------------------------------


def refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        # Those that tests make for themselves are not Bloom's.
        if ".tests." not in each.__module__ and "test_" not in each.__module__:
            yield each
            yield from refusals(each)


def codes() -> dict[str, int]:
    """Each code and its status; problems adds three of its own, for what no domain error says."""
    own = {each.code: problems.STATUS[each.kind] for each in refusals() if hasattr(each, "code")}
    return {**own, "method_not_allowed": 405, "not_acceptable": 406, "internal": 500}


def test_every_code_is_documented():
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", (ROOT / "docs/errors.md").read_text(), re.M)
    assert {code: int(status) for code, status in rows} == codes()
    bare = re.findall(r'_bare\(\d+, "(\w+)"', (ROOT / "bloom/kernel/problems.py").read_text())
    assert set(bare) <= set(codes())


@pytest.mark.parametrize("name", sorted({each.__name__ for each in refusals() if each.__name__[0] != "_"}))
def test_every_refusal_is_reached_by_a_test(name):
    """By its class or by its code, in a test that is not this one."""
    (error, *_) = [each for each in refusals() if each.__name__ == name]
    own_code = vars(error).get("code")
    wanted = re.compile(rf"\b{name}\b" + (rf"|[\"']{own_code}[\"']" if own_code else ""))
    assert any(wanted.search(text) for text in texts_of_tests())


@cache
def texts_of_tests() -> tuple[str, ...]:
    here = Path(__file__).relative_to(ROOT)
    return tuple(
        (ROOT / path).read_text() for path in sources() if path.name.startswith("test_") and path != here
    )


def test_every_event_is_called_by_its_room_its_noun_and_what_happened():
    # Keys are the kernel's, and known by the vault's name.
    labels = {config.label for config in apps.get_app_configs()} | {"vault"}
    own = {name: kind for name, kind in events.event_types().items() if ".tests" not in kind.__module__}
    own = {name: kind for name, kind in own.items() if "test" not in kind.__module__}
    assert len(own) > 20
    for name, kind in own.items():
        room, _noun, _happened = name.split(".")
        assert re.fullmatch(r"[a-z_.]+", name), name
        assert room in labels, name
        assert kind.object_kind.partition(".")[0] in labels, name


# What Bloom is made of --------------------------------------------------------------------------------------


def test_every_dependency_says_why_it_is_there():
    lines = (ROOT / "requirements.in").read_text().splitlines()
    assert [line for line in lines if line and "#" not in line] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.txt")), ids=lambda path: path.name)
def test_every_lock_is_pinned_with_hashes(path):
    text = re.sub(r"\\\n", " ", path.read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    loose = [line[:60] for line in lines if not re.match(r"[A-Za-z0-9._\[\],-]+==\S+ .*--hash=sha256:", line)]
    assert lines
    assert loose == []
