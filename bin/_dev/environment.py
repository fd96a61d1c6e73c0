"""The environment variables of Bloom's processes. Their schema is bloom/env.py.

Precedence: the command's own decisions, then the caller's environment, then `.env`, then what was generated
into `var/dev/env`.
"""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from _dev.packages import VENV
from _dev.state import State, write_private
from _dev.terminal import ROOT, Stop

DOTENV = ROOT / ".env"
OURS = ("BLOOM_", "DATABASE_", "REDIS_", "DJANGO_")


def parse(text: str, source: str) -> dict[str, str]:
    """Read NAME=VALUE lines; comments, `export ` and quotes around a value are allowed. Raises Stop."""
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        name, equals, value = content.removeprefix("export ").partition("=")
        if not equals or not name.strip().isidentifier():
            raise Stop(f"{source}, line {number}: write NAME=VALUE.")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def read(path: Path) -> dict[str, str]:
    """Read such a file; an absent one is empty."""
    return parse(path.read_text(), str(path)) if path.exists() else {}


def new_secrets() -> dict[str, str]:
    """Secrets for one developer's machine. Production refuses the vault key by its name."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "BLOOM_SECRET_KEY": secrets.token_urlsafe(48),
        "BLOOM_VAULT_KEYS": f"dev-1:{key()}",
        "BLOOM_AUDIT_MAC_KEY": key(),
        "BLOOM_AUDIT_SIGNING_KEY": key(),
    }


def generated(state: State) -> dict[str, str]:
    """The state's own secrets, made on its first start; a name added since then is made now."""
    known = read(state.env_file)
    missing = {name: value for name, value in new_secrets().items() if name not in known}
    if missing:
        known |= missing
        state.folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}" for name, value in known.items()]
        write_private(
            state.env_file,
            "# Generated. Change nothing: the data can't be read without these.\n" + "\n".join(lines) + "\n",
        )
    return known


def configured(caller: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a person decided: `.env`, and above it the environment. An empty value decides nothing."""
    decided = {**read(DOTENV), **caller}
    return {name: value for name, value in decided.items() if value or not name.startswith(OURS)}


def hermetic(caller: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The caller's environment without anything that configures Bloom: for tests."""
    return {name: value for name, value in caller.items() if not name.startswith(OURS)}


def compose(
    state: State, base: Mapping[str, str], found: Mapping[str, str], decided: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of a Bloom process: `decided` above `base` above `found`."""
    merged = {
        **found,
        **base,
        "BLOOM_VAR_DIR": str(state.folder),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{VENV / 'bin'}:{base.get('PATH', os.defpath)}",
        **decided,
    }
    if "DATABASE_URL" in base and "DATABASE_OWNER_URL" not in base:
        merged["DATABASE_OWNER_URL"] = base["DATABASE_URL"]
    return merged
