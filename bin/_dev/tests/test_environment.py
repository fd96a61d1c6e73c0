import base64
import stat

import pytest

from _dev import environment
from _dev.state import State
from _dev.terminal import Stop
from bloom import env


def test_lines_are_read_with_comments_exports_and_quotes():
    text = "# a comment\n\nexport A=1\nB = two words \nC='quoted'\nD=\"x=y\"\nE=\n"
    assert environment.parse(text, ".env") == {"A": "1", "B": "two words", "C": "quoted", "D": "x=y", "E": ""}


@pytest.mark.parametrize("line", ["no equals sign", "=value", "two words=1"])
def test_a_line_that_says_nothing_is_named(line):
    with pytest.raises(Stop, match=r"\.env, line 2"):
        environment.parse(f"A=1\n{line}\n", ".env")


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path):
    state = State(tmp_path / "dev")
    first = environment.generated(state)
    assert environment.generated(state) == first
    assert stat.S_IMODE(state.env_file.stat().st_mode) == 0o600
    assert environment.generated(State(tmp_path / "other")) != first


def test_a_secret_that_is_new_in_this_version_joins_the_old_ones(tmp_path):
    state = State(tmp_path)
    state.env_file.write_text("BLOOM_SECRET_KEY=kept\n")
    assert environment.generated(state)["BLOOM_SECRET_KEY"] == "kept"
    assert environment.read(state.env_file).keys() == environment.new_secrets().keys()


def test_generated_secrets_satisfy_the_schema():
    services = {"BLOOM_ENV": "dev", "DATABASE_URL": "postgres://x", "REDIS_URL": "redis://x"}
    read = env.read({**environment.new_secrets(), **services})
    assert len(read.secret_key) >= 50
    # By this name production refuses the key.
    assert read.vault_keys[0][0].startswith("dev")
    assert len(base64.b64decode(environment.new_secrets()["BLOOM_AUDIT_MAC_KEY"])) == 32


def test_the_caller_wins_over_dotenv_and_dotenv_over_what_was_generated(tmp_path, monkeypatch):
    dotenv = tmp_path / ".env"
    dotenv.write_text("BLOOM_HOSTS=dotenv\nBLOOM_LOG_LEVEL=DEBUG\nBLOOM_VAULT_KEYS=\n")
    monkeypatch.setattr(environment, "DOTENV", dotenv)
    state = State(tmp_path / "dev")
    made = environment.generated(state)
    base = environment.configured({"BLOOM_HOSTS": "caller", "DATABASE_URL": "", "HOME": "/home/x"})
    found = {"DATABASE_URL": "postgres://ours", **made}
    whole = environment.compose(state, base, found, {"BLOOM_ENV": "demo"})
    assert whole["BLOOM_HOSTS"] == "caller"
    assert whole["BLOOM_LOG_LEVEL"] == "DEBUG"
    # An empty value, as in a fresh copy of .env.example, decides nothing.
    assert whole["BLOOM_VAULT_KEYS"] == made["BLOOM_VAULT_KEYS"]
    assert whole["DATABASE_URL"] == "postgres://ours"
    assert whole["BLOOM_ENV"] == "demo"
    assert whole["BLOOM_VAR_DIR"] == str(state.folder)


def test_a_database_of_ones_own_never_meets_our_owner(tmp_path):
    ours = {"DATABASE_URL": "postgres://ours", "DATABASE_OWNER_URL": "postgres://our-owner"}
    whole = environment.compose(State(tmp_path), {"DATABASE_URL": "postgres://theirs"}, ours, {})
    assert whole["DATABASE_URL"] == whole["DATABASE_OWNER_URL"] == "postgres://theirs"


def test_the_suite_sees_nothing_that_configures_bloom():
    caller = {"BLOOM_ENV": "production", "DATABASE_URL": "x", "REDIS_URL": "x", "PATH": "/bin", "CI": "true"}
    assert environment.hermetic(caller) == {"PATH": "/bin", "CI": "true"}
