"""The child that looks at files: it has nothing to give away, and its end is not ours."""

import io
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image

from bloom.files import confined
from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind
from bloom.files.tests import documents, pictures


def test_it_tells_what_the_check_finds():
    found = confined.examine(pictures.picture("PNG"), ".png")
    assert (found.kind, found.width, found.height) == (Kind.PNG, 300, 200)
    assert found.content.startswith(b"\x89PNG")
    assert found.thumbnail[8:12] == b"WEBP"
    content = documents.pdf()
    assert confined.examine(content, ".pdf").content == content
    with pytest.raises(Refused) as refused:
        confined.examine(b"MZ", ".exe")
    assert refused.value.fault is Fault.KIND


def test_it_needs_no_django():
    told = subprocess.run(
        [sys.executable, "-c", "import bloom.files.checks.child, sys, os; print('django' in sys.modules)"],
        capture_output=True,
        text=True,
        env={},
        check=True,
    )
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    "content",
    [
        pictures.picture("JPEG"),
        pictures.picture("WEBP"),
        pictures.two_in_one(),
        pictures.turned(),
        # A large one, as phones take them: it needs no thread, and fits into the child's memory.
        pictures.heic((4032, 3024)),
        documents.pdf(documents.pdf_link("https://example.org/")),
        documents.docx({"word/media/gr\u00fc\u00dfe.xml": "<a/>".encode("utf-16")}),
        documents.xlsx(),
        documents.odt(),
    ],
)
def test_within_its_bounds_it_finds_what_is_good(content):
    assert confined.examine(content, "").kind


def test_the_largest_picture_and_a_long_document_fit_in_its_memory():
    for kind in ("PNG", "JPEG", "WEBP"):
        found = confined.examine(pictures.picture(kind, size=(8000, 5000)), "")
        assert (found.width, found.height) == (4096, 2560)
    with_alpha = Image.new("RGBA", (8000, 5000), (1, 2, 3, 4))
    out = io.BytesIO()
    with_alpha.save(out, "PNG", compress_level=1)
    assert confined.examine(out.getvalue(), "").width == 4096
    weight = {"word/media/a.png": os.urandom(1_500_000)}
    body = f"<w:p><w:t>{'words ' * 20_000_000}</w:t></w:p>"
    long = confined.examine(documents.docx(weight, body), "", memory=250 * 1024 * 1024)
    assert long.kind is Kind.DOCX
    with pytest.raises(Refused) as refused:
        confined.examine(documents.docx(weight, body.replace("w:t>", "w:instrText>")), "")
    assert refused.value.fault is Fault.TOO_COMPLEX


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGKILL, confined.CheckBroken), (signal.SIGSEGV, Refused), (signal.SIGXCPU, Refused)],
)
def test_a_child_that_the_system_kills_says_nothing_of_the_file(monkeypatch, number, raised):
    dying = f"import os; print('ready', flush=True); os.kill(os.getpid(), {int(number)})"
    run = subprocess.run
    monkeypatch.setattr(
        confined.subprocess, "run", lambda command, **how: run([command[0], "-c", dying], **how)
    )
    with pytest.raises(raised):
        confined.examine(b"x", ".txt")


def test_a_file_that_takes_too_much_memory_is_refused():
    large = pictures.picture("PNG", size=(6000, 6000))
    with pytest.raises(Refused) as refused:
        confined.examine(large, ".png", memory=180 * 1024 * 1024)
    assert refused.value.fault in {Fault.TOO_COMPLEX, Fault.DAMAGED}


def test_a_check_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/sleep")
    monkeypatch.setattr(confined.subprocess, "run", _slow(subprocess.run))
    with pytest.raises(Refused) as refused:
        confined.examine(b"x", ".txt", seconds=1)
    assert refused.value.fault is Fault.TOO_COMPLEX


def _slow(run):
    def slow(command, **how):
        return run([command[0], "30"], **how)

    return slow


def test_a_child_that_dies_before_it_looks_says_nothing_of_the_file(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(confined.CheckBroken):
        confined.examine(b"x", ".txt")
