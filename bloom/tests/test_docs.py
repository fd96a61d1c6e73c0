"""What the documents say of features, files and addresses is so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from bloom.tests.permissions import page

ROOT = Path(settings.BASE_DIR)
COUNTS = {"A": 15, "M": 12, "S": 9, "T": 4, "B": 9, "E": 11, "C": 6, "H": 6, "O": 6, "L": 4, "X": 6}
STATES = {"works", "partly", "not yet"}
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "ops").rglob("*.md")])

# What looks like a path of ours: a name with a folder before it, and an ending or a slash behind it.
PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w.*-]+\.(?:py|js|css|html|yaml|yml|md|txt|in|json|svg))?)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
# Made on a machine, or the name of what a reader is to make.
NOT_KEPT = ("var/", "assets/dist", "node_modules/", "/")


def rows(document: str, columns: int) -> Iterator[list[str]]:
    """The rows of a document's feature tables."""
    for line in (ROOT / document).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns and cells[2] in STATES:
            yield cells


def features() -> dict[str, list[str]]:
    return {cells[0]: cells for cells in rows("docs/features.md", 5)}


def test_each_feature_has_one_row():
    wanted = [f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]
    assert sorted(cells[0] for cells in rows("docs/features.md", 5)) == sorted(wanted)


def test_what_works_is_shown_by_tests_that_exist():
    for feature_id, feature, state, now, shown_by in features().values():
        tests = re.findall(r"`([^`]+)`", shown_by)
        assert feature, feature_id
        assert all((ROOT / path).is_file() and "test" in Path(path).name for path in tests), tests
        assert bool(tests) == (state != "not yet"), feature_id
        assert now or state == "not yet", feature_id


def test_the_readme_shows_the_same_table():
    told = {feature_id: cells[2] for cells in rows("README.md", 3) for feature_id in cells[0].split(", ")}
    listed = [feature_id for cells in rows("README.md", 3) for feature_id in cells[0].split(", ")]
    assert len(listed) == len(told)
    assert told == {feature_id: cells[2] for feature_id, cells in features().items()}
    names = {cells[0]: cells[1] for cells in rows("README.md", 3) if cells[2] != "not yet"}
    assert names == {feature_id: features()[feature_id][1] for feature_id in names}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document):
    text = document.read_text()
    missing = [
        link for link in LINK.findall(text) if not (document.parent / link).exists() and "//" not in link
    ]
    for path in PATH.findall(text):
        if path.startswith(NOT_KEPT) or "<" in path:
            continue
        # A path is given from the root, or from the folder or app that the document is about.
        if not any(ROOT.glob(path.rstrip("/"))) and not any(ROOT.glob(f"*/{path.rstrip('/')}")):
            missing.append(path)
    assert missing == []


def test_the_page_of_permissions_is_written_from_the_code():
    kept = (ROOT / "docs/permissions.md").read_text()
    assert kept == page.permissions_page(), "bloom/tests/permissions/page.py says how to write it again"


def test_each_decision_has_a_number_of_its_own() -> None:
    pages = [path for path in (ROOT / "docs/decisions").glob("*.md") if path.name != "README.md"]
    numbers = [path.name[:4] for path in pages]
    assert sorted(numbers) == sorted(set(numbers))
    assert all(path.read_text().startswith(f"# {path.name[:4]} ") for path in pages)


def test_the_attacks_that_the_page_names_are_tried() -> None:
    text = (ROOT / "docs/attacks.md").read_text()
    named = re.findall(r"`([\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)", text)
    missing = [
        f"{path}: {name}"
        for path, names in named
        for name in re.findall(r"`(test_\w+)`", names)
        if f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []
    assert sum(names.count("`test_") for _path, names in named) == text.count("`test_")
