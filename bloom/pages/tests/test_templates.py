"""What holds for every template, whoever wrote it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR) / "templates"
PAGES = sorted(
    path for path in ROOT.rglob("*.html") if "mail" not in path.parts and "admin" not in path.parts
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_it_compiles(path: Path) -> None:
    get_template(name(path))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_nothing_is_inline(path: Path) -> None:
    """The policy would refuse it in the browser; here it is refused with a line number."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|javascript:", line), f"{name(path)}:{number}"
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", line), (
            f"{name(path)}:{number}"
        )
        assert not re.search(r"(src|href)=\"(https?:)?//", line), f"{name(path)}:{number}"


def test_every_icon_that_is_asked_for_is_there() -> None:
    known = {path.stem for path in (ROOT / "icons").glob("*.svg")}
    asked = {
        icon
        for path in PAGES
        for icon in re.findall(r'(?:ui\.icon[^>]*\sname|\bicon(?:end)?)="([a-z0-9-]+)"', path.read_text())
    }
    assert asked <= known, f"add to assets/icons.txt and run npm run icons: {sorted(asked - known)}"


def test_the_icons_are_those_of_the_list() -> None:
    listed = (ROOT.parent / "assets/icons.txt").read_text().split()
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "icons").glob("*.svg"))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_names_in_sentences_are_isolated(path: Path) -> None:
    """A name from right to left would turn the words around it: it goes through the filter `isolate`."""
    for sentence in re.findall(r"{% blocktranslate [^%]*%}", path.read_text()):
        bare = re.findall(r"=[\w.]*(?:\.name|\.shown_name|\.practice|invited_by)(?=[\s%])", sentence)
        assert not bare, f"{name(path)}: {bare}"


# But for what has a name in code alone.
_NAME = re.compile(r"{{ (?!group\.)[\w.]+\.(?:name|shown_name|invited_by|practice) }}")


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_names_beside_other_words_are_isolated(path: Path) -> None:
    """The same outside of translated sentences: a name stands alone in its element or attribute, in a <bdi>,
    or goes through the filter.
    """
    text = path.read_text()
    for found in _NAME.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        is_alone = re.search(r'(>|=")\s*$', before) and re.match(r'\s*[<"]', after)
        is_closed_off = before.rfind("<bdi") > before.rfind("</bdi>")
        line = text.count("\n", 0, found.start()) + 1
        assert is_alone or is_closed_off, f"{name(path)}:{line}: {found[0]}"
