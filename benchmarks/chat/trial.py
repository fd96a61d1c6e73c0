"""Drive each server in turn, setting by setting and round by round."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from _dev.children import die_with_parent
from _dev.locks import Lock
from _dev.terminal import ROOT, Stop, say, step

from benchmarks.chat import servers
from benchmarks.chat.servers import BASELINE, BLOOM_STATE, CONVERSATIONS, NODE, Server, node_env

# So many messages of each sender wait for their ack, or so many leave a second whatever comes back.
SETTINGS = {
    "window 1": ("--window", "1"),
    "window 8": ("--window", "8"),
    "100 a second": ("--rate", "100"),
    "300 a second": ("--rate", "300"),
}
WARMUP = 2
# Longer than a busy machine keeps a message waiting: what is given up would arrive in the next run.
TIMEOUT = 30
TEXTS = ROOT / "messaging/demo_texts.yaml"


@dataclass(frozen=True)
class Run:
    """One server driven once. `seen` is what the load generator said."""

    server: str
    setting: str
    seen: dict[str, Any]
    faults: list[str] = field(default_factory=list)


def run(names: Sequence[str], *, rounds: int, seconds: int, texts: Path | None) -> list[Run]:
    """Everything, interleaved. Raises Stop when a server cannot be started or driven at all."""
    runs: list[Run] = []
    with Lock(BLOOM_STATE.run_lock) as lock:
        if not lock.exclusive(wait=2):
            raise Stop("This benchmark runs in this folder already: wait for it, or stop it.")
        with servers.running(names) as found:
            written = texts or texts_write()
            for number in range(rounds):
                # Whoever comes first may find the machine otherwise than whoever comes last.
                turn = number % len(found)
                for setting in SETTINGS:
                    for server in (*found[turn:], *found[:turn]):
                        with step(f"Round {number + 1}, {setting}: {server.name}"):
                            runs.append(drive(server, setting, seconds, written))
            for server in found:
                if wrong := server.faults():
                    runs[-1].faults.append(f"{server.name}: {wrong} rows of its database disagree")
    return runs


def texts_write() -> Path:
    """The demo's texts, one message a line."""
    lines = [
        " ".join(turn["text"].split())
        for talk in yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
        for turn in talk["turns"]
    ]
    file = BLOOM_STATE.folder / "texts.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def drive(server: Server, setting: str, seconds: int, texts: Path) -> Run:
    server.ready()
    pids = [part for name, pid in server.processes.items() for part in ("--pid", f"{name}={pid}")]
    command = [
        str(NODE / "node"), "load/load.mjs", "--url", server.url, "--transport", str(server.transport),
        "--fixture", str(server.fixture), "--texts", str(texts), "--conversations", str(CONVERSATIONS),
        "--duration", str(seconds), "--warmup", str(WARMUP), "--timeout", str(TIMEOUT),
        "--label", f"{server.name} {setting}",
        *pids, *SETTINGS[setting],
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command,
            cwd=BASELINE,
            env=node_env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds + WARMUP + 3 * TIMEOUT,
            preexec_fn=die_with_parent(),
            check=False,
        )
        seen = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        said = "" if isinstance(error, subprocess.TimeoutExpired) else done.stderr[-2000:]
        raise Stop(f"{server.name} could not be driven: {error}\n{said}") from error
    faults = [] if seen["correctness"]["ok"] else [f"{server.name}, {setting}: {seen['correctness']}"]
    if seen["errors"]:
        faults.append(f"{server.name}, {setting}: {seen['errors']}")
    for fault in faults:
        say(fault)
    return Run(server.name, setting, seen, faults)
