"""The environment: a wrong value refuses to start in words, and every file that sets it agrees."""

import base64
import os
import re
import subprocess
import sys
from dataclasses import fields

import pytest
from django.conf import settings
from django.test import override_settings

from bloom import env
from bloom.settings import checks

GOOD = {
    **env.TEST_DEFAULTS,
    "BLOOM_ENV": "production",
    "DATABASE_URL": "postgres://x",
    "REDIS_URL": "redis://x",
}
NAMES = {item.metadata["name"] for item in fields(env.Environment)}


def test_a_full_environment_is_read_with_types():
    read = env.read({**GOOD, "BLOOM_DEBUG": "yes", "BLOOM_HOSTS": "a.example, b.example"})
    assert read.debug is True
    assert read.hosts == ("a.example", "b.example")
    assert read.vault_keys[0][0] == "test"
    assert len(read.vault_keys[0][1]) == 32


def test_a_practice_adds_its_own_help_lines():
    read = env.read(
        {**GOOD, "BLOOM_HELP_LINES": "Night line|Call after 18:00|tel:555; Text us|Any time|sms:556"}
    )
    assert read.help_lines == (
        ("Night line", "Call after 18:00", "tel:555"),
        ("Text us", "Any time", "sms:556"),
    )


@pytest.mark.parametrize(
    "name",
    sorted(item.metadata["name"] for item in fields(env.Environment) if item.metadata["default"] is None),
)
def test_a_missing_secret_refuses_to_start_and_says_which(name):
    given = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(env.BadEnvironment, match=name):
        env.read(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BLOOM_ENV", "staging"),
        ("BLOOM_DEBUG", "perhaps"),
        ("BLOOM_RATE_FACTOR", "many"),
        ("BLOOM_VAULT_KEYS", "nocolon"),
        ("BLOOM_VAULT_KEYS", "a:" + base64.b64encode(b"short").decode()),
        ("BLOOM_AUDIT_MAC_KEY", "not base64!"),
        ("BLOOM_HELP_LINES", "Night line"),
        ("BLOOM_HELP_LINES", "Night line|Call|javascript:alert(1)"),
    ],
)
def test_a_malformed_value_refuses_to_start_without_showing_it(name, value):
    with pytest.raises(env.BadEnvironment) as refused:
        env.read({**GOOD, name: value})
    assert name in str(refused.value)
    assert value not in str(refused.value)


def _ids(**values):
    with override_settings(**values):
        return {message.id for message in checks.production_values()}


SAFE = {
    "BLOOM_ENV": "production",
    "DEBUG": False,
    "SECRET_KEY": "k9#" * 20 + "abcdefgh",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
    "VAULT_KEYS": (("2026a", b"x" * 32),),
    "AUDIT_MAC_KEY": b"y" * 32,
    "AUDIT_SIGNING_KEY": b"z" * 32,
    "CHANNEL_LAYERS": {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}},
    "RATE_FACTOR": 1,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "SITE_URL": "https://care.example.org",
    "DEMO": False,
    "DEV_PAGES": False,
}


def test_production_starts_with_production_values():
    assert _ids(**SAFE) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DEBUG": True}, "bloom.E001"),
        ({"SECRET_KEY": "short"}, "bloom.E002"),
        ({"SECRET_KEY": env.TEST_DEFAULTS["BLOOM_SECRET_KEY"]}, "bloom.E002"),
        ({"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}, "bloom.E003"),
        ({"VAULT_KEYS": (("dev-1", b"x" * 32),)}, "bloom.E004"),
        ({"VAULT_KEYS": (("prod", b"test vault key, not for any data"),)}, "bloom.E004"),
        ({"AUDIT_MAC_KEY": b"test audit mac, not for any data"}, "bloom.E005"),
        ({"CHANNEL_LAYERS": {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}}, "bloom.E006"),
        ({"RATE_FACTOR": 100}, "bloom.E007"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, "bloom.E008"),
        ({"SITE_URL": "http://care.example.org"}, "bloom.E009"),
        ({"DEMO": True}, "bloom.E010"),
    ],
)
def test_production_refuses_each_development_value(change, code):
    assert _ids(**{**SAFE, **change}) == {code}


START = {
    "web": "import bloom.asgi",
    "worker and beat": "import django; django.setup(); import bloom.celery",
    "commands": "import sys, manage; sys.argv = ['manage.py', 'check']; manage.main()",
}


def _start(process, **change):
    """Start a process of Bloom up to where it would begin to work, as production."""
    secret = base64.b64encode(b"a value that nobody else knows..").decode()
    environment = {
        **{name: value for name, value in os.environ.items() if name not in NAMES},
        "BLOOM_ENV": "production",
        "BLOOM_URL": "https://care.example.org",
        "BLOOM_SECRET_KEY": "k9#" * 20 + "abcdefgh",
        "BLOOM_VAULT_KEYS": f"2026a:{secret}",
        "BLOOM_AUDIT_MAC_KEY": secret,
        "BLOOM_AUDIT_SIGNING_KEY": secret,
        "BLOOM_EMAIL_URL": "smtp://mail.example.org:25",
        "DATABASE_URL": "postgres://bloom:x@127.0.0.1:1/bloom",
        "REDIS_URL": "redis://127.0.0.1:1",
        "DJANGO_SETTINGS_MODULE": "bloom.settings",
        **change,
    }
    return subprocess.run(
        [sys.executable, "-c", START[process]],
        cwd=settings.BASE_DIR, env=environment, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("process", START)
def test_no_process_starts_in_production_with_a_development_value(process):
    good = _start(process)
    assert good.returncode == 0, good.stderr
    bad = _start(process, **env.TEST_DEFAULTS, BLOOM_RATE_FACTOR="100", BLOOM_DEBUG="1")
    assert bad.returncode != 0
    for code in ("bloom.E001", "bloom.E002", "bloom.E004", "bloom.E005", "bloom.E007"):
        assert code in bad.stderr
    assert env.TEST_DEFAULTS["BLOOM_SECRET_KEY"] not in bad.stderr


@pytest.mark.parametrize("name", [".env.example", "docker-compose.yml", "Dockerfile", "k8s"])
def test_files_that_set_the_environment_use_names_that_exist(name):
    path = settings.BASE_DIR / name
    texts = [file.read_text() for file in ([path] if path.is_file() else sorted(path.rglob("*.yaml")))]
    assert texts, f"{name} is missing"
    used = set(re.findall(r"\b(?:BLOOM_[A-Z0-9_]+|DATABASE_(?:OWNER_)?URL|REDIS_URL)\b", "\n".join(texts)))
    assert used <= NAMES, used - NAMES


def test_the_example_names_every_variable():
    text = (settings.BASE_DIR / ".env.example").read_text()
    assert {name for name in NAMES if name not in text} == set()
