"""The one typed schema of the environment: every variable that Bloom reads, and nothing else reads any.

A missing or malformed value refuses to start, with a sentence that says what to set. `.env.example`,
docker-compose and the Kubernetes manifests are checked against this file by a test.
"""

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TURN_SECRET_LENGTH = 32
ENVIRONMENTS = ("dev", "demo", "test", "production")


class BadEnvironment(SystemExit):
    """Raised at start-up; prints what to set and leaves with status 1."""


def _text(raw: str) -> str:
    return raw


def _flag(raw: str) -> bool:
    if raw.lower() in {"1", "true", "yes", "on"}:
        return True
    if raw.lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("must be 1 or 0")


def _number(raw: str) -> int:
    try:
        return int(raw)
    except ValueError as error:
        raise ValueError("must be a whole number") from error


def _within(least: int, most: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        number = _number(raw)
        if not least <= number <= most:
            raise ValueError(f"must be from {least} to {most}")
        return number

    return parse


def _ice(*schemes: str) -> Callable[[str], tuple[str, ...]]:
    def parse(raw: str) -> tuple[str, ...]:
        if any(not each.startswith(schemes) or each in schemes for each in _list(raw)):
            raise ValueError(f"must be addresses that begin with {' or '.join(schemes)}")
        return _list(raw)

    return parse


def _list(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _environment(raw: str) -> str:
    if raw not in ENVIRONMENTS:
        raise ValueError(f"must be one of {', '.join(ENVIRONMENTS)}")
    return raw


def _key(raw: str) -> bytes:
    try:
        key = base64.b64decode(raw, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
    if len(key) != 32:
        raise ValueError("must be 32 bytes in base64")
    return key


def _keys(raw: str) -> tuple[tuple[str, bytes], ...]:
    pairs = []
    for part in _list(raw):
        name, colon, value = part.partition(":")
        if not colon or not name:
            raise ValueError("must be id:base64[,id:base64]")
        pairs.append((name, _key(value)))
    if not pairs:
        raise ValueError("names no key")
    return tuple(pairs)


def _help_lines(raw: str) -> tuple[tuple[str, str, str], ...]:
    lines = []
    for line in filter(None, (part.strip() for part in raw.split(";"))):
        name, how, href = ([part.strip() for part in line.split("|")] + ["", "", ""])[:3]
        if not (name and how and href.startswith(("tel:", "sms:", "https://"))):
            raise ValueError("must be name|how|address[; ...], each address with tel:, sms: or https://")
        lines.append((name, how, href))
    return tuple(lines)


def _thresholds(raw: str) -> dict[str, dict[str, float]]:
    """category:outcome=score[,...]; a category that is named has these outcomes and no others."""
    read: dict[str, dict[str, float]] = {}
    for part in _list(raw):
        place, equals, score = part.partition("=")
        category, colon, outcome = place.rpartition(":")
        if not (equals and colon and category and outcome):
            raise ValueError("must be category:outcome=score[,...]")
        try:
            read.setdefault(category, {})[outcome] = float(score)
        except ValueError as error:
            raise ValueError("needs a number as score") from error
    return read


def _path(raw: str) -> Path:
    path = Path(raw)
    return path if path.is_absolute() else ROOT / path


def _path_or_none(raw: str) -> Path | None:
    return _path(raw) if raw else None


def variable(
    name: str,
    parse: Callable[[str], Any],
    meaning: str,
    *,
    default: str | None = None,
    secret: bool = False,
) -> Any:
    """Declare a variable: its name, how it is read, what it means, its default (None: required)."""
    return field(
        # A secret stands in no repr, and so on no page of an error.
        repr=not secret,
        metadata={"name": name, "parse": parse, "meaning": meaning, "default": default, "secret": secret},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What Bloom is told from outside."""

    environment: str = variable(
        "BLOOM_ENV", _environment, "dev, demo, test or production", default="production"
    )
    debug: bool = variable("BLOOM_DEBUG", _flag, "Django's debug pages; refused in production", default="0")
    secret_key: str = variable(
        "BLOOM_SECRET_KEY", _text, "signs sessions and links, 50 characters or more", secret=True
    )
    url: str = variable(
        "BLOOM_URL",
        _text,
        "public base address, such as https://care.example.org",
        default="http://localhost:8000",
    )
    hosts: tuple[str, ...] = variable(
        "BLOOM_HOSTS", _list, "further host names that this site answers to", default=""
    )
    database_url: str = variable(
        "DATABASE_URL", _text, "the database, as the role that owns no table", secret=True
    )
    database_owner_url: str = variable(
        "DATABASE_OWNER_URL",
        _text,
        "the same database, as the role that migrates; empty: DATABASE_URL's",
        default="",
        secret=True,
    )
    redis_url: str = variable("REDIS_URL", _text, "Redis or Valkey", secret=True)
    vault_keys: tuple[tuple[str, bytes], ...] = variable(
        "BLOOM_VAULT_KEYS",
        _keys,
        "id:base64 of 32 bytes, the active key first, older ones after it; the last also derives keyed hashes and stays",
        secret=True,
    )
    audit_mac_key: bytes = variable(
        "BLOOM_AUDIT_MAC_KEY", _key, "32 bytes in base64; authenticates each row of the record", secret=True
    )
    audit_signing_key: bytes | None = variable(
        "BLOOM_AUDIT_SIGNING_KEY",
        lambda raw: _key(raw) if raw else None,
        "Ed25519 seed, 32 bytes in base64; signs batches of the record, so the worker needs it and nobody else",
        default="",
        secret=True,
    )
    audit_public_keys: tuple[tuple[str, bytes], ...] = variable(
        "BLOOM_AUDIT_PUBLIC_KEYS",
        lambda raw: _keys(raw) if raw else (),
        "id:base64 public keys whose signatures count: earlier ones, and the active one's where the signing key is not",
        default="",
    )
    var_dir: Path = variable(
        "BLOOM_VAR_DIR", _path, "where files of this machine go (mail in development)", default="var/dev"
    )
    log_format: str = variable("BLOOM_LOG_FORMAT", _text, "json or pretty", default="json")
    log_level: str = variable("BLOOM_LOG_LEVEL", _text, "DEBUG, INFO, WARNING or ERROR", default="INFO")
    rate_factor: int = variable(
        "BLOOM_RATE_FACTOR",
        _number,
        "multiplies every rate limit, for load tests; production refuses it",
        default="1",
    )
    places_file: Path | None = variable(
        "BLOOM_PLACES_FILE",
        _path_or_none,
        "a GeoIP2 City database (.mmdb) for the places of sign-ins; empty: no place is shown",
        default="",
    )
    metrics_token: str = variable(
        "BLOOM_METRICS_TOKEN",
        _text,
        "Bearer token for /metrics; empty: loopback only, refused in production",
        default="",
        secret=True,
    )
    trusted_proxies: int = variable(
        "BLOOM_TRUSTED_PROXIES", _number, "how many proxies in front set X-Forwarded-For", default="0"
    )
    email_url: str = variable(
        "BLOOM_EMAIL_URL",
        _text,
        "smtp(s)://user:password@host:port; empty: files below BLOOM_VAR_DIR, refused in production",
        default="",
        secret=True,
    )
    email_from: str = variable(
        "BLOOM_EMAIL_FROM", _text, "sender of all mail", default="Bloom <bloom@localhost>"
    )
    help_lines: tuple[tuple[str, str, str], ...] = variable(
        "BLOOM_HELP_LINES",
        _help_lines,
        "the practice's own lines for people in danger, before 988: name|how|tel:...; name|how|sms:...",
        default="",
    )
    s3_endpoint: str = variable(
        "BLOOM_S3_ENDPOINT", _text, "S3-compatible store; empty: local files", default=""
    )
    s3_bucket: str = variable("BLOOM_S3_BUCKET", _text, "bucket for private files", default="bloom-private")
    s3_access_key: str = variable("BLOOM_S3_ACCESS_KEY", _text, "its access key", default="", secret=True)
    s3_secret_key: str = variable("BLOOM_S3_SECRET_KEY", _text, "its secret key", default="", secret=True)

    gcs_bucket: str = variable(
        "BLOOM_GCS_BUCKET", _text, "bucket for private files at Google, instead of an S3 store", default=""
    )
    gcs_key_file: Path | None = variable(
        "BLOOM_GCS_KEY_FILE",
        _path_or_none,
        "the JSON key of the service account that owns the bucket's files",
        default="",
    )
    uploads_direct: bool = variable(
        "BLOOM_UPLOADS_DIRECT",
        _flag,
        "people's browsers send files straight to the object store, not through this server",
        default="0",
    )
    store_public_url: str = variable(
        "BLOOM_STORE_PUBLIC_URL",
        _text,
        "the bucket's address for browsers, where it is not the one above; with BLOOM_UPLOADS_DIRECT",
        default="",
    )
    clamd_address: str = variable(
        "BLOOM_CLAMD_ADDRESS",
        _text,
        "host:port of a ClamAV daemon that looks at every file; empty: nobody does",
        default="",
    )
    file_megabytes: int = variable(
        "BLOOM_FILE_MEGABYTES",
        _within(1, 100),
        "how large a file may be that people send, 1 to 100",
        default="20",
    )
    sandbox_url: str = variable(
        "BLOOM_SANDBOX_URL",
        _text,
        "base address of manage.py sandbox, for vendors without keys of their own; production refuses it",
        default="",
    )
    webhooks_private: bool = variable(
        "BLOOM_WEBHOOKS_PRIVATE",
        _flag,
        "1: webhooks may go to addresses of your own network, by plain HTTP and to any port; and calendars of"
        " therapists may come from there",
        default="0",
    )
    google_client_id: str = variable(
        "BLOOM_GOOGLE_CLIENT_ID",
        _text,
        "sign-in with Google: the app's id; empty: no such sign-in",
        default="",
    )
    google_client_secret: str = variable(
        "BLOOM_GOOGLE_CLIENT_SECRET", _text, "its secret", default="", secret=True
    )
    zoom_client_id: str = variable(
        "BLOOM_ZOOM_CLIENT_ID", _text, "sign-in with Zoom: the app's id; empty: no such sign-in", default=""
    )
    zoom_client_secret: str = variable(
        "BLOOM_ZOOM_CLIENT_SECRET", _text, "its secret", default="", secret=True
    )

    stun_urls: tuple[str, ...] = variable(
        "BLOOM_STUN_URLS", _ice("stun:", "stuns:"), "STUN servers for video: stun:host:port", default=""
    )
    turn_urls: tuple[str, ...] = variable(
        "BLOOM_TURN_URLS",
        _ice("turn:", "turns:"),
        "TURN servers (coturn, use-auth-secret) for browsers that do not reach each other: turns:host:port",
        default="",
    )
    turn_secret: str = variable(
        "BLOOM_TURN_SECRET", _text, "their static-auth-secret, 32 characters or more", default="", secret=True
    )

    video_relay: bool = variable(
        "BLOOM_VIDEO_RELAY",
        _flag,
        "1: video goes through the TURN servers alone, so that neither of the two learns the other's address",
        default="0",
    )

    openai_api_key: str = variable(
        "BLOOM_OPENAI_API_KEY",
        _text,
        "live moderation by OpenAI; empty: the rules alone decide, and no text leaves",
        default="",
        secret=True,
    )
    moderation_deadline_ms: int = variable(
        "BLOOM_MODERATION_DEADLINE_MS",
        _within(100, 10_000),
        "how long a message waits for live moderation in all, in milliseconds, 100 to 10000",
        default="1500",
    )
    moderation_thresholds: dict[str, dict[str, float]] = variable(
        "BLOOM_MODERATION_THRESHOLDS",
        _thresholds,
        "other scores than bloom/settings/moderation.py has: category:outcome=score[,...]",
        default="",
    )
    crisis_widens_minutes: int = variable(
        "BLOOM_CRISIS_WIDENS_MINUTES",
        _within(1, 24 * 60),
        "how long a crisis alert waits for its therapist before others are told, in minutes, 1 to 1440",
        default="15",
    )
    moderation_sandbox: bool = variable(
        "BLOOM_MODERATION_SANDBOX",
        _flag,
        "without a key, ask the sandbox's fake of OpenAI; for development",
        default="0",
    )

    @property
    def is_production(self) -> bool:
        return self.environment == "production"


def read(source: Mapping[str, str] | None = None) -> Environment:
    """Read and check every variable. Raises BadEnvironment that names each fault at once."""
    given = os.environ if source is None else source
    values: dict[str, Any] = {}
    faults: list[str] = []
    for item in fields(Environment):
        about = item.metadata
        raw = given.get(about["name"], about["default"])
        if raw is None or (raw == "" and about["default"] is None):
            faults.append(f"{about['name']} is not set: {about['meaning']}")
            continue
        try:
            values[item.name] = about["parse"](raw)
        except ValueError as error:
            faults.append(f"{about['name']} {error}: {about['meaning']}")
    if values.get("turn_urls") and len(values.get("turn_secret", "")) < TURN_SECRET_LENGTH:
        faults.append(f"BLOOM_TURN_SECRET has fewer than {TURN_SECRET_LENGTH} characters")
    if values.get("video_relay") and not values.get("turn_urls"):
        faults.append("BLOOM_VIDEO_RELAY needs BLOOM_TURN_URLS")
    if faults:
        raise BadEnvironment("Bloom cannot start.\n  " + "\n  ".join(faults))
    return Environment(**values)


# Known to everybody who reads this file: good for tests, refused in production by bloom.settings.checks.
TEST_DEFAULTS = {
    "BLOOM_SECRET_KEY": "test-only-" + "0123456789" * 5,
    "BLOOM_VAULT_KEYS": "test:" + base64.b64encode(b"test vault key, not for any data").decode(),
    "BLOOM_AUDIT_MAC_KEY": base64.b64encode(b"test audit mac, not for any data").decode(),
    "BLOOM_AUDIT_SIGNING_KEY": base64.b64encode(b"test audit sign, not any records").decode(),
    "BLOOM_LOG_FORMAT": "json",
    # Nobody listens there: a test that needs a vendor serves its fake.
    "BLOOM_SANDBOX_URL": "http://127.0.0.1:9",
}
