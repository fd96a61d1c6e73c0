"""The environment: a wrong value refuses to start in words, and every file that sets it agrees."""

import base64
import os
import re
import subprocess
import sys
from dataclasses import fields

import pytest
import yaml
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
    ("names", "told"),
    [
        ({"BLOOM_STUN_URLS": "https://turn.example.org"}, "BLOOM_STUN_URLS"),
        ({"BLOOM_TURN_URLS": "stun:turn.example.org", "BLOOM_TURN_SECRET": "x" * 40}, "BLOOM_TURN_URLS"),
        ({"BLOOM_TURN_URLS": "turn:turn.example.org"}, "BLOOM_TURN_SECRET"),
        ({"BLOOM_TURN_URLS": "turn:turn.example.org", "BLOOM_TURN_SECRET": "short"}, "BLOOM_TURN_SECRET"),
    ],
)
def test_servers_for_video_that_could_not_work_refuse_to_start(names, told):
    with pytest.raises(env.BadEnvironment, match=told):
        env.read({**GOOD, **names})


def test_servers_for_video_are_read():
    read = env.read(
        {
            **GOOD,
            "BLOOM_STUN_URLS": "stun:turn.example.org",
            "BLOOM_TURN_URLS": "turn:turn.example.org, turns:turn.example.org:443",
            "BLOOM_TURN_SECRET": "x" * 32,
        }
    )
    assert read.turn_urls == ("turn:turn.example.org", "turns:turn.example.org:443")
    assert read.stun_urls == ("stun:turn.example.org",)


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
        ("BLOOM_AUDIT_SIGNING_KEY", "not base64!"),
        ("BLOOM_AUDIT_PUBLIC_KEYS", "nocolon"),
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
    "METRICS_TOKEN": "kept by Prometheus",
    "VENDOR_URLS": {"google_token": "https://oauth2.googleapis.com/token"},
}


def test_production_starts_with_production_values():
    assert _ids(**SAFE) == set()
    # Only the worker has it.
    assert _ids(**{**SAFE, "AUDIT_SIGNING_KEY": None}) == set()


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
        ({"METRICS_TOKEN": ""}, "bloom.E011"),
        ({"VENDOR_URLS": {"nppes": "http://127.0.0.1:8001/nppes/api/"}}, "bloom.E012"),
        ({"VENDOR_URLS": {"nppes": "https://127.0.0.1:8001/nppes/api/"}}, "bloom.E012"),
        ({"VENDOR_URLS": {"nppes": "https://[::1]/nppes/api/"}}, "bloom.E012"),
        ({"VENDOR_URLS": {"nppes": "https://localhost/nppes/api/"}}, "bloom.E012"),
        ({"VENDOR_URLS": {"nppes": "http://npiregistry.cms.hhs.gov/api/"}}, "bloom.E012"),
    ],
)
def test_production_refuses_each_development_value(change, code):
    assert _ids(**{**SAFE, **change}) == {code}


def _stored(backend: str, **options) -> dict:
    return {"STORAGES": {"default": {"BACKEND": backend, "OPTIONS": options}}}


def test_production_refuses_a_machine_on_which_no_file_could_be_stored(tmp_path):
    """In k8s/base the disk is read-only: without a bucket every photo, file and copy of data would fail."""
    files = "django.core.files.storage.FileSystemStorage"
    # Not even an administrator writes below this one.
    (tmp_path / "a-file").write_text("")
    assert _ids(**SAFE, **_stored(files, location=tmp_path / "not" / "made" / "yet")) == set()
    assert _ids(**SAFE, **_stored(files, location=tmp_path / "a-file" / "files")) == {"bloom.E013"}
    assert _ids(**SAFE, **_stored("storages.backends.s3.S3Storage", bucket_name="private")) == set()


START = {
    "web": "import bloom.asgi",
    "worker and beat": "import django; django.setup(); import bloom.celery",
    "commands": "import sys, manage; sys.argv = ['manage.py', 'check']; manage.main()",
}


def _start(process, *, says="", **change):
    """Start a process of Bloom up to where it would begin to work, as production."""
    secret = base64.b64encode(b"a value that nobody else knows..").decode()
    environment = {
        **{name: value for name, value in os.environ.items() if name not in NAMES},
        "BLOOM_ENV": "production",
        "BLOOM_URL": "https://care.example.org",
        "BLOOM_SECRET_KEY": "k9#" * 20 + "abcdefgh",
        "BLOOM_VAULT_KEYS": f"2026a:{secret}",
        "BLOOM_AUDIT_MAC_KEY": secret,
        "BLOOM_METRICS_TOKEN": secret,
        "BLOOM_EMAIL_URL": "smtp://mail.example.org:25",
        "DATABASE_URL": "postgres://bloom:x@127.0.0.1:1/bloom",
        "REDIS_URL": "redis://127.0.0.1:1",
        "DJANGO_SETTINGS_MODULE": "bloom.settings",
        **change,
    }
    return subprocess.run(
        [sys.executable, "-c", START[process] + says],
        cwd=settings.BASE_DIR, env=environment, check=False, capture_output=True, text=True, timeout=180,
    )  # fmt: skip


@pytest.mark.parametrize("process", START)
def test_no_process_starts_in_production_with_a_development_value(process):
    good = _start(process)
    assert good.returncode == 0, good.stderr
    bad = _start(process, **env.TEST_DEFAULTS, BLOOM_RATE_FACTOR="100", BLOOM_DEBUG="1")
    assert bad.returncode != 0
    for code in ("bloom.E001", "bloom.E002", "bloom.E004", "bloom.E005", "bloom.E007", "bloom.E012"):
        assert code in bad.stderr
    assert env.TEST_DEFAULTS["BLOOM_SECRET_KEY"] not in bad.stderr


@pytest.mark.parametrize(("process", "limited"), [("web", True), ("worker and beat", False)])
def test_only_the_web_limits_how_long_a_statement_takes(process, limited):
    says = "; from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
    told = _start(process, says=says)
    assert told.returncode == 0, told.stderr
    assert ("statement_timeout=30s" in told.stdout) is limited


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


def test_the_example_asks_for_what_is_required_and_for_nothing_else():
    text = (settings.BASE_DIR / ".env.example").read_text()
    required = {item.metadata["name"] for item in fields(env.Environment) if item.metadata["default"] is None}
    assert set(re.findall(r"^([A-Z0-9_]+)=", text, re.M)) == required
    for item in fields(env.Environment):
        says = item.metadata["meaning"] + (" (required)" if item.metadata["default"] is None else "")
        assert f"# {says}\n" in text, item.metadata["name"]


SIGNING_KEY = "BLOOM_AUDIT_SIGNING_KEY"


def test_compose_gives_the_signing_key_to_the_worker_alone():
    compose = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
    ours = {
        name: service["environment"]
        for name, service in compose["services"].items()
        if service.get("image") == "bloom:local"
    }
    assert set(ours) == {"migrate", "web", "worker", "beat"}
    assert {name for name, environment in ours.items() if SIGNING_KEY in environment} == {"worker"}
    required = {item.metadata["name"] for item in fields(env.Environment) if item.metadata["default"] is None}
    assert all(required <= set(environment) for environment in ours.values())


def test_kubernetes_gives_the_signing_key_to_the_worker_alone():
    base = settings.BASE_DIR / "k8s/base"
    secrets = {}
    for path in base.glob("*.yaml"):
        for found in filter(None, yaml.safe_load_all(path.read_text())):
            pod = found.get("spec", {}).get("template", {}).get("spec", {})
            for container in pod.get("containers", []):
                sources = container.get("envFrom", [])
                secrets[container["name"]] = {
                    source["secretRef"]["name"] for source in sources if "secretRef" in source
                }
    assert secrets == {
        "web": {"bloom"},
        "worker": {"bloom", "bloom-worker"},
        "beat": {"bloom"},
        "migrate": {"bloom", "bloom-owner"},
    }
    # What each of them holds stands in words: the secrets themselves are nobody's to see.
    words = re.sub(r"\n# ?", " ", (base / "config.yaml").read_text())
    in_all, in_worker = re.search(
        r"secret `bloom` holds (.*?); the secret `bloom-worker` holds (.*?),", words
    ).groups()
    assert SIGNING_KEY in in_worker
    assert SIGNING_KEY not in in_all
    required = {item.metadata["name"] for item in fields(env.Environment) if item.metadata["default"] is None}
    assert required | {"BLOOM_METRICS_TOKEN", "BLOOM_EMAIL_URL"} <= set(re.findall(r"[A-Z0-9_]{6,}", in_all))
