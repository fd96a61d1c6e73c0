"""What no bought linter knows of this house: `violations(paths)` reads the code and names each breach.

    violations(Path(".").glob("**/*.py")) == []

It covers what the guard cannot see at run time (docs/kernel.md), so a rule here has
no exception comment: either the code changes, or this file says where the rule does not hold.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Final

# Where hand-written SQL, and Django's own transactions, may stand.
_RAW_SQL: Final = (
    "bloom/kernel/",
    "observability/",
    "messaging/store.py",
    "messaging/store/",
    "scheduling/store.py",
)
_TRANSACTIONS: Final = ("bloom/kernel/db.py",)
_CLOCK: Final = ("bloom/kernel/clock.py",)
_LINT: Final = ("bloom/kernel/lint.py",)
_GUARD: Final = ("bloom/kernel/guard.py",)
_SIGNALS: Final = {
    "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "pre_init", "post_init",
}  # fmt: skip
_CLOCK_READS: Final = {"now", "utcnow", "today", "localtime", "localdate"}
_CLOCK_OWNERS: Final = {"datetime", "timezone", "date"}
_SELECTING: Final = {"annotate", "alias", "aggregate", "values", "values_list"}
# What is written inside these is no column of the row that is asked for.
_NOT_READ: Final = {"OuterRef", "Value", "Q", "When", "Exists", "Subquery"}
_ACROSS: Final = re.compile(r"[a-z]\w*__\w+")
_RELATIONS: Final = {"ForeignKey", "OneToOneField", "ManyToManyField"}
_SKIPPED: Final = {".venv", "node_modules", "var", "migrations", "benchmarks", "e2e", "bin"}


def violations(paths: Iterable[Path | str], *, root: Path | None = None) -> list[str]:
    """Every breach in these Python files, as "path:line: sentence", in order. Tests may do more than code."""
    sources: dict[PurePath, str] = {}
    for path in sorted(Path(path) for path in paths):
        shown = path.relative_to(root) if root is not None and path.is_absolute() else path
        if path.suffix == ".py" and not _SKIPPED.intersection(shown.parts):
            sources[shown] = path.read_text()
    private = private_models(sources.values())
    return [
        f"{shown}:{line}: {text}"
        for shown, source in sources.items()
        for line, text in source_violations(source, shown, private=private)
    ]


def source_violations(
    source: str, path: PurePath, *, private: frozenset[str] | None = None
) -> list[tuple[int, str]]:
    """The breaches in one file's text. `private` names the private models of all files; else it is asked."""
    reader = _Reader(path.as_posix(), private_models([source]) if private is None else private)
    found = [(1, "a utils.py has no subject: name what it does")] if path.name == "utils.py" else []
    for node in ast.walk(ast.parse(source)):
        found += reader.look(node)
    return sorted(found)


def private_models(sources: Iterable[str]) -> frozenset[str]:
    """The names of the classes that are private models, however many classes lie in between."""
    bases = {
        node.name: {_last_name(base) for base in node.bases}
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
    }
    found = {"PrivateModel"}
    while new := {name for name, above in bases.items() if above & found} - found:
        found |= new
    return frozenset(found)


class _Reader:
    def __init__(self, path: str, private: frozenset[str]) -> None:
        self._path = path
        self._private = private
        self._is_test = "/tests/" in f"/{path}" or path.endswith(("conftest.py", "testing.py"))

    def look(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        match node:
            case ast.ClassDef():
                yield from self._class(node)
            case ast.Call():
                yield from self._call(node)
            case ast.Attribute():
                yield from self._attribute(node)
            case ast.ImportFrom(module="django.db.models.signals"):
                yield from self._unless_test(node, "signals of models are not used: call the service")
            case ast.ImportFrom():
                yield from self._import(node)
            case ast.Import():
                for alias in node.names:
                    yield from self._driver(node, alias.name)
            case ast.Name(id="RawSQL" | "ATOMIC_REQUESTS") | ast.Constant(value="ATOMIC_REQUESTS"):
                if not self._in(_LINT):
                    yield from self._unless_test(node, "RawSQL and ATOMIC_REQUESTS are not used")

    def _class(self, node: ast.ClassDef) -> Iterator[tuple[int, str]]:
        bases = {_last_name(base) for base in node.bases}
        methods = [item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
        for method in methods:
            if (
                method.name == "save"
                and not self._is_test
                and any(b.endswith(("Model", "Form")) for b in bases)
            ):
                yield method.lineno, "save() is not overridden: a service writes"
            if method.name in {"create", "update"} and "ModelSerializer" in bases:
                yield method.lineno, "a serializer does not write"
        for base in bases & {"ModelForm", "ModelSerializer"}:
            yield from self._unless_test(node, f"{base} writes: declare the fields and call a service")
        if bases & self._private:
            yield from self._private_model(node)

    def _private_model(self, node: ast.ClassDef) -> Iterator[tuple[int, str]]:
        for item in node.body:
            if isinstance(item, ast.Assign | ast.AnnAssign) and isinstance(item.value, ast.Call):
                kind = _last_name(item.value.func)
                if kind in _RELATIONS and not any(
                    word.arg == "related_name"
                    and isinstance(word.value, ast.Constant)
                    and word.value.value == "+"
                    for word in item.value.keywords
                ):
                    yield from self._unless_test(
                        item, 'a foreign key of a private model has related_name="+"'
                    )

    def _call(self, node: ast.Call) -> Iterator[tuple[int, str]]:
        name = _last_name(node.func)
        owner = _last_name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if name == "extra" and owner not in {"", "logger"} and isinstance(node.func, ast.Attribute):
            yield from self._unless_test(node, ".extra() writes SQL past the guard")
        if name == "cursor" and not self._in(_RAW_SQL):
            yield from self._unless_test(node, "raw SQL stands in the stores alone")
        if name in _CLOCK_READS and owner in _CLOCK_OWNERS and not self._in(_CLOCK):
            yield from self._unless_test(node, "the clock is read by bloom.kernel.clock alone")
        if name == "on_commit" and owner == "transaction" and not self._in(("bloom/kernel/",)):
            yield from self._unless_test(node, "say db.after_commit: it is for hints")
        if name in _SELECTING and any(map(_crosses_relation, _inputs(node))):
            yield from self._unless_test(node, "an expression across a relation reads past the guard")

    def _attribute(self, node: ast.Attribute) -> Iterator[tuple[int, str]]:
        if node.attr == "atomic" and _last_name(node.value) == "transaction" and not self._in(_TRANSACTIONS):
            yield from self._unless_test(node, "transactions are opened by bloom.kernel.db alone")
        if node.attr == "connection" and _last_name(node.value) == "connection" and not self._in(_RAW_SQL):
            yield from self._unless_test(node, "the driver is for the stores alone")
        of_class = node.attr == "instances" and _last_name(node.value)[:1].isupper()
        if (node.attr == "_base_manager" or of_class) and not self._in(_GUARD):
            yield from self._unless_test(node, "the base manager is Django's own: go by objects")

    def _import(self, node: ast.ImportFrom) -> Iterator[tuple[int, str]]:
        names = {alias.name for alias in node.names}
        if node.level == 0:
            yield from self._driver(node, node.module or "")
        if node.module == "django.db.models" and "signals" in names:
            yield from self._unless_test(node, "signals of models are not used: call the service")
        if node.module == "django.db.transaction":
            yield from self._unless_test(node, "transactions are opened by bloom.kernel.db alone")
        if names & _SIGNALS:
            yield from self._unless_test(node, "signals of models are not used: call the service")

    def _driver(self, node: ast.AST, module: str) -> Iterator[tuple[int, str]]:
        if module.partition(".")[0] == "psycopg" and not self._in(_RAW_SQL):
            yield from self._unless_test(node, "the driver is for the stores alone")

    def _unless_test(self, node: ast.AST, text: str) -> Iterator[tuple[int, str]]:
        if not self._is_test:
            yield getattr(node, "lineno", 1), text

    def _in(self, places: tuple[str, ...]) -> bool:
        return self._path.startswith(places)


def _inputs(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _crosses_relation(node: ast.expr) -> bool:
    """True for F("box__label"), Max("box__label") and whatever holds one: a column of another table."""
    if not isinstance(node, ast.Call):
        return any(
            _crosses_relation(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)
        )
    if _last_name(node.func) in _NOT_READ:
        return False
    return any(
        isinstance(part.value, str) and _ACROSS.fullmatch(part.value) is not None
        if isinstance(part, ast.Constant)
        else _crosses_relation(part)
        for part in _inputs(node)
    )


def _last_name(node: ast.expr) -> str:
    """`models.Model` -> "Model", `Model` -> "Model", `f(x)` -> "f"."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case ast.Call():
            return _last_name(node.func)
        case ast.Subscript():
            return _last_name(node.value)
        case _:
            return ""
