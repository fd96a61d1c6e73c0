"""axe-core, run inside a page. It comes over the debugger, which no Content-Security-Policy holds back."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
_EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What fades from one colour to another is judged where it arrives.
_RUN = """
async ({ runOnly, inside }) => {
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const fades = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(fades.map((each) => each.finished));
  const { violations } = await axe.run(inside || document, { runOnly, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 300)} ${node.failureSummary ?? ""}`));
}
"""


@cache
def _script() -> str:
    return _SCRIPT.read_text()


def findings(page: Page, *, only: str = "", inside: str = "") -> list[str]:
    """What axe finds on the page as it stands, or in one part of it.

    WCAG 2.2 A and AA and best practice, or one rule alone.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_script())
    rules = {"type": "rule", "values": [only]} if only else {"type": "tag", "values": _EVERYTHING}
    found: list[str] = page.evaluate(_RUN, {"runOnly": rules, "inside": inside})
    return found
