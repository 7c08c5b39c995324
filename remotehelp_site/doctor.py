"""What `remotehelp doctor` looks at: each finding is one line, and says what to do."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from remotehelp_site.celery import app as celery_app
from remotehelp_site.database import find_fault, unapplied_migrations
from remotehelp_site.probes import is_layer_there
from remotehelp_site.tasks import HEARTBEAT, HEARTBEAT_EVERY

LARGEST_SKEW = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok`, `failed`, or `note` for what is fine and worth knowing."""

    name: str
    outcome: str
    said: str
    fix: str = ""


def _settings() -> Iterator[Finding]:
    errors = [m for m in run_checks(tags=[Tags.security]) if m.is_serious()]
    for error in errors:
        yield Finding("settings", "failed", str(error.msg), str(error.hint or ""))
    if not errors:
        mode = "embedded: one process" if settings.REMOTEHELP_EMBEDDED else "production"
        yield Finding("settings", "ok", f"{mode}; the secret is long enough")


def _address() -> Iterator[Finding]:
    url: str = settings.REMOTEHELP_URL
    is_local = url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
    if url.startswith("https://") or is_local:
        yield Finding("address", "ok", f"{url}; hosts: {', '.join(settings.ALLOWED_HOSTS)}")
    else:
        yield Finding(
            "address",
            "failed",
            f"{url} does not use https, so browsers refuse to share a screen there.",
            "Put a TLS proxy in front (deploy/nginx.conf) and set REMOTEHELP_URL=https://…",
        )


def _database() -> Iterator[Finding]:
    if fault := find_fault():
        yield Finding("database", "failed", fault, "Check DATABASE_URL, and that it is running.")
        return
    yield Finding("database", "ok", f"{connection.vendor} answers")
    if names := unapplied_migrations():
        yield Finding(
            "migrations",
            "failed",
            f"{len(names)} not applied, first {names[0]}",
            "Run: remotehelp manage migrate",
        )
    else:
        yield Finding("migrations", "ok", "all applied")


def _retention() -> Iterator[Finding]:
    """Whether names go after 30 days (M4): `manage.py check_retention` looks at the records themselves."""
    from apps.reports import retention

    fix = "Start worker and beat (see Procfile), then run: remotehelp manage check_retention"
    try:
        whole, is_overdue = retention.last_whole_run(), retention.is_overdue()
    except DatabaseError:
        return  # said above
    said = f"last whole purge {whole.began_at:%Y-%m-%d %H:%M} UTC" if whole else "no purge yet"
    if is_overdue:
        yield Finding("thirty days", "failed", said, fix)
    else:
        yield Finding("thirty days", "ok", said)


def _layer() -> Iterator[Finding]:
    name = str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).rpartition(".")[2]
    if asyncio.run(is_layer_there()):
        yield Finding("channel layer", "ok", f"{name} carries a message")
    else:
        yield Finding(
            "channel layer",
            "failed",
            f"{name} does not carry a message",
            "Check REDIS_URL, and that Redis is running.",
        )


def _background() -> Iterator[Finding]:
    if settings.REMOTEHELP_EMBEDDED:
        yield Finding("background work", "note", "runs inside `remotehelp up` in this mode")
        return
    try:
        with celery_app.connection_for_write(connect_timeout=3) as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
            answers = celery_app.control.ping(timeout=2.0, connection=broker)
    except (OSError, OperationalError) as error:
        yield Finding("worker", "failed", str(error), "Check CELERY_BROKER_URL or REDIS_URL.")
        return
    workers = [name for answer in answers or () for name in answer]
    if workers:
        yield Finding("worker", "ok", ", ".join(sorted(workers)))
    else:
        yield Finding(
            "worker",
            "failed",
            "no worker answers",
            "Start it: celery -A remotehelp_site worker (see Procfile).",
        )
    yield from _beat()


def _beat() -> Iterator[Finding]:
    from django.core.cache import cache

    fix = "Start it: celery -A remotehelp_site beat (see Procfile); it needs a worker too."
    heard: float | None = cache.get(HEARTBEAT)
    if heard is None:
        yield Finding("beat", "failed", "never heard", fix)
        return
    age = time.time() - heard
    outcome = "ok" if age < 3 * HEARTBEAT_EVERY else "failed"
    yield Finding("beat", outcome, f"last heard {age:.0f} s ago", "" if outcome == "ok" else fix)


def _static() -> Iterator[Finding]:
    if settings.REMOTEHELP_EMBEDDED:
        yield Finding("static files", "ok", "served from the package")
        return
    manifest = Path(str(settings.STATIC_ROOT)) / "staticfiles.json"
    if manifest.is_file():
        yield Finding("static files", "ok", f"collected in {settings.STATIC_ROOT}")
    else:
        yield Finding(
            "static files",
            "failed",
            f"not collected in {settings.STATIC_ROOT}",
            "Run: remotehelp manage collectstatic --noinput",
        )


def _pictures() -> Iterator[Finding]:
    folder = Path(settings.MEDIA_ROOT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Finding(
            "pictures",
            "failed",
            f"{folder} is not writable: {error.strerror}",
            "Make it writable for the user that runs the site, or set MEDIA_ROOT.",
        )
    else:
        yield Finding("pictures", "ok", f"{folder} is writable")


def _relay() -> Iterator[Finding]:
    urls: list[str] = settings.REMOTEHELP_TURN_URLS
    if urls and settings.REMOTEHELP_TURN_SECRET:
        yield Finding("relay", "ok", ", ".join(urls))
    elif settings.REMOTEHELP_EMBEDDED:
        yield Finding("relay", "note", "none: only people on one network reach each other")
    else:
        yield Finding(
            "relay",
            "failed",
            "no TURN server: people behind strict firewalls cannot be helped",
            "Run coturn (deploy/turnserver.conf); set REMOTEHELP_TURN_URLS, REMOTEHELP_TURN_SECRET.",
        )


def _database_clock() -> float | None:
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        (seconds,) = cursor.fetchone()
    return float(seconds)


def _clock() -> Iterator[Finding]:
    here = time.time()
    shown = datetime.fromtimestamp(here, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    there = None if find_fault() else _database_clock()
    if there is not None and abs(there - here) > LARGEST_SKEW:
        yield Finding(
            "clock",
            "failed",
            f"{shown}; the database's clock is {there - here:+.0f} s away",
            "Set both clocks by NTP: codes and limits count on them.",
        )
    else:
        yield Finding("clock", "ok", shown)


EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _settings,
    _address,
    _database,
    _layer,
    _background,
    _retention,
    _static,
    _pictures,
    _relay,
    _clock,
)


def examine() -> list[Finding]:
    """Look at everything; one thing that fails does not hide the next."""
    findings: list[Finding] = []
    for look in EXAMINATIONS:
        try:
            findings.extend(look())
        except Exception as error:  # noqa: BLE001 whatever broke it is the finding
            name = look.__name__.strip("_")
            findings.append(Finding(name, "failed", f"{type(error).__name__}: {error}"))
    return findings


def as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], indent=2)


def as_text(findings: list[Finding]) -> str:
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        fix = f" Fix: {finding.fix}" if finding.outcome == "failed" and finding.fix else ""
        lines.append(f"{finding.outcome:<6}  {finding.name:<{width}}  {finding.said}{fix}")
    failed = sum(finding.outcome == "failed" for finding in findings)
    lines.append(f"{failed} to fix." if failed else "Nothing to fix.")
    return os.linesep.join(lines)
