"""The pages of the fakes of Google and Zoom: one chooses an account, or makes one up."""

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody's account at the provider."""

    email: str
    name: str
    is_verified: bool = True
    # Google's word for an organisation that runs its mail there; then it vouches for the address for good.
    organisation: str = ""
    subject: str = ""


def chooser(title: str, action: str, recent: Sequence[Account]) -> str:
    """Who came here before, newest first, and a form for somebody new."""
    form = f'<form method="post" action="{_text(action)}">'
    known = "".join(_choice(form, each) for each in reversed(recent))
    return _page(
        title,
        f"{known}{form}"
        '<label>Email <input name="email" type="email" required></label>'
        '<label>Name <input name="name" value="Sam Doe"></label>'
        '<label class="line"><input type="checkbox" name="verified" value="1" checked> '
        f"{title} has verified this address</label>"
        "<button>Continue</button></form>"
        f'{form}<button name="cancel" value="1">Cancel</button></form>',
    )


def unknown_app(title: str) -> str:
    return _page(title, "<p>This app or its redirect_uri is not registered.</p>")


def _choice(form: str, account: Account) -> str:
    hidden = {"email": account.email, "name": account.name}
    if account.is_verified:
        hidden["verified"] = "1"
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{_text(value)}">' for name, value in hidden.items()
    )
    note = "" if account.is_verified else ", not verified"
    words = f"{_text(account.name)} <small>{_text(account.email)}{note}</small>"
    return f"{form}{fields}<button>{words}</button></form>"


def _text(words: str) -> str:
    return html.escape(words, quote=True)


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}, the sandbox</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><style>'
        "body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}"
        "form{display:grid;gap:.75rem;margin-bottom:.75rem}label{display:grid;gap:.25rem}"
        ".line{display:flex;gap:.5rem}input,button{font:inherit;padding:.5rem .75rem}small{display:block}"
        f"</style></head><body><h1>{title}</h1><p>This is not {title}: it is Bloom’s sandbox. "
        f"Choose or make up an account.</p>{content}</body></html>"
    )
