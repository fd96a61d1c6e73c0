"""What the fakes of Zoom and Meet show to a browser: the "meeting", which one can come to, leave and end."""

from collections.abc import Mapping
from html import escape

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem;
  color: #1d2b26; background: #faf9f5 }
main { background: #fff; border: 1px solid #d9ddd6; border-radius: 16px; padding: 1.5rem }
h1 { font-size: 1.25rem; margin: 0 0 .5rem } h2 { font-size: 1rem } li { margin: .25rem 0 }
button, input { font: inherit; min-height: 44px; padding: 0 1rem; border-radius: 12px;
  border: 1px solid #b9c2ba; background: #fff; margin: .25rem .25rem .25rem 0 }
@media (prefers-color-scheme: dark) {
  body { background: #16201d; color: #e6e9e2 }
  main, button, input { background: #1e2a26; color: inherit; border-color: #3a4742 }
}
"""
_DEEDS = (("started", "Start"), ("joined", "Come in"), ("left", "Leave"), ("ended", "End for all"))


def _whole(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def page(vendor: str, facts: Mapping[str, str], action: str, people: list[str], told: str) -> str:
    """A meeting of the fake: what is known of it, who is in it, and what became of the last news."""
    rows = "".join(f"<li>{escape(name)}: {escape(value)}</li>" for name, value in facts.items())
    here = "".join(f"<li>{escape(name)}</li>" for name in people) or "<li>Nobody is here.</li>"
    said = f'<p role="status">{escape(told)}</p>' if told else ""
    buttons = "".join(f'<button name="do" value="{deed}">{label}</button>' for deed, label in _DEEDS)
    return _whole(
        "A meeting at the sandbox",
        f"<h1>A meeting at the sandbox</h1>"
        f"<p>This is not {escape(vendor)}: Bloom runs without vendors here.</p>"
        f"<ul>{rows}</ul><h2>In it now</h2><ul>{here}</ul>{said}"
        f'<form method="post" action="{escape(action)}">'
        f'<p><label>Name <input name="name" value="Sam Doe" maxlength="80"></label></p>'
        f"<p>{buttons}</p></form>",
    )


def nothing(vendor: str) -> str:
    """What is shown where a meeting is not."""
    return _whole(
        "No such meeting",
        f"<h1>There is no such meeting</h1><p>It may have been cancelled at {escape(vendor)}.</p>",
    )
