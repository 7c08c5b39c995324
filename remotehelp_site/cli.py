"""`remotehelp`: runs the site, sets up organisations and says what is wrong with an installation."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remotehelp_site.demo.signins import SignIn

EMBEDDED = "remotehelp_site.settings.embedded"
PRODUCTION = "remotehelp_site.settings.production"

Command = Callable[[argparse.Namespace], int]


class RefusedError(Exception):
    """What was asked cannot be done; the text says why and what to do, in one line."""


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


# --- Django, set up once the settings are chosen -----------------------------------------------------


def use_settings(name: str = "") -> None:
    """Choose the settings and set Django up. What is wrong with them is said in one line.

    Without a name: what the environment says, else production where a DATABASE_URL is set, else
    embedded.
    """
    if name:
        os.environ["DJANGO_SETTINGS_MODULE"] = name
    else:
        fitting = PRODUCTION if os.environ.get("DATABASE_URL") else EMBEDDED
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", fitting)
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise RefusedError(f"The settings are incomplete: {error}") from error
    except OSError as error:
        raise RefusedError(
            f"Cannot write to {error.filename}: {error.strerror}. Make the folder writable, or name "
            "another one with REMOTEHELP_VAR."
        ) from error


def require_safe_settings() -> None:
    """Refuse to start on a combination of settings that checks.py calls an error."""
    from django.core.checks import Tags, run_checks

    errors = [message for message in run_checks(tags=[Tags.security]) if message.is_serious()]
    if errors:
        raise RefusedError(" ".join(f"{error.msg} {error.hint or ''}" for error in errors).strip())


def require_database() -> None:
    from remotehelp_site.database import find_fault

    if fault := find_fault():
        raise RefusedError(f"The database does not answer: {fault} (see DATABASE_URL)")


def require_migrated() -> None:
    from remotehelp_site.database import unapplied_migrations

    if names := unapplied_migrations():
        raise RefusedError(
            f"The database is not up to date ({len(names)} migrations, first {names[0]}). "
            "Run: remotehelp manage migrate"
        )


@contextlib.contextmanager
def only_process_on(folder: Path) -> Iterator[None]:
    """SQLite and the in-process layer serve one process: a second one on the same folder is refused."""
    path = folder / "remotehelp.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RefusedError(
                f"Remote Help already runs on {folder}. Stop it first, or name another folder with "
                "REMOTEHELP_VAR."
            ) from error
        yield


# --- up and web ------------------------------------------------------------------------------------------


def _compile_stale_catalogues() -> None:
    """In a checkout, a translation that changed is compiled before it is read."""
    locale = Path(__file__).resolve().parent.parent / "locale"
    if locale.is_dir():
        from remotehelp_site.catalogues import compile_catalogues

        with contextlib.suppress(OSError):  # a read-only checkout runs with what it has
            compile_catalogues(locale, only_stale=True)


def _site_url(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 only compared
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _table(sign_ins: Sequence[SignIn]) -> str:
    rows = [("Role", "Sign-in", "Password", "Name")]
    rows += [(s["role"], s["sign_in"], s["password"], s["name"]) for s in sign_ins]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  " + "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
    lines.insert(1, "  " + "  ".join("-" * width for width in [*widths, 4]))
    return "\n".join(lines)


def _stop_quietly_while_starting() -> None:
    def leave(number: int, frame: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)


def up(options: argparse.Namespace) -> int:
    gc.disable()  # collecting while thousands of modules load is a tenth of the start, for nothing
    from remotehelp_site import web

    chosen = os.environ.get("DJANGO_SETTINGS_MODULE", EMBEDDED)
    if chosen != EMBEDDED:
        raise RefusedError(
            f"`remotehelp up` runs the embedded mode, and DJANGO_SETTINGS_MODULE says {chosen}. "
            "Use `remotehelp web` with a worker and beat in production (docs/operators.md)."
        )
    _stop_quietly_while_starting()
    web.require_free(options.bind, options.port)
    url = os.environ.setdefault("REMOTEHELP_URL", _site_url(options.bind, options.port))
    _compile_stale_catalogues()
    use_settings(EMBEDDED)
    from django.conf import settings

    require_safe_settings()
    with only_process_on(settings.VAR_DIR):
        return _serve_embedded(options, url)


def _serve_embedded(options: argparse.Namespace, url: str) -> int:
    from remotehelp_site import web
    from remotehelp_site.celery import app
    from remotehelp_site.database import migrate_if_needed
    from remotehelp_site.embedded import celery_threads

    require_database()
    migrate_if_needed()
    sign_ins: Sequence[SignIn] = ()
    if options.demo:
        from remotehelp_site import demo

        try:
            sign_ins = demo.prepare(url)
        except demo.DemoRefusedError as error:
            raise RefusedError(str(error)) from error

    def greet() -> None:
        say(f"Remote Help runs at {url} (Ctrl-C stops it).")
        if sign_ins:
            say(f"\n{_table(sign_ins)}\n\nThe same stands in var/demo.json.")

    gc.freeze()  # what is loaded now stays; the collector need not look at it again
    gc.enable()
    with celery_threads(app):
        is_served = web.serve(host=options.bind, port=options.port, on_ready=greet)
    return 0 if is_served else 1


def serve_web(options: argparse.Namespace) -> int:
    gc.disable()
    from remotehelp_site import web

    _stop_quietly_while_starting()
    web.require_free(options.bind, options.port)
    use_settings("" if os.environ.get("DJANGO_SETTINGS_MODULE") else PRODUCTION)
    from django.conf import settings

    if settings.REMOTEHELP_EMBEDDED:
        raise RefusedError("`remotehelp web` serves production settings; use `remotehelp up` here.")
    require_safe_settings()
    require_database()
    require_migrated()
    gc.freeze()
    gc.enable()

    def greet() -> None:
        say(f"Remote Help listens on {options.bind} port {options.port}.")

    return 0 if web.serve(host=options.bind, port=options.port, on_ready=greet) else 1


# --- setting up -----------------------------------------------------------------------------------------


def _prepare_for_writing() -> None:
    use_settings()
    require_database()
    from django.conf import settings

    from remotehelp_site.database import migrate_if_needed

    if settings.REMOTEHELP_EMBEDDED:
        migrate_if_needed()  # the first command on a new install may come before `up`
    else:
        require_migrated()


def create_tenant(options: argparse.Namespace) -> int:
    _prepare_for_writing()
    from apps.tenants import services

    tenant = services.create_tenant(actor=None, name=options.name, domain=options.domain)
    say(f"{tenant.name} is created, with the domain {options.domain.lower()}.")
    say("Remote help stays off until a licence is active.")
    say(
        f"Next: remotehelp create-admin --tenant {tenant.slug} --email you@{options.domain.lower()}"
        " --first-name … --last-name …"
    )
    return 0


def create_admin(options: argparse.Namespace) -> int:
    _prepare_for_writing()
    from django.conf import settings
    from django.db import transaction

    from apps.tenants import services
    from apps.tenants.models import Tenant
    from remotehelp_site.operators import create_site_operator

    names = {"first_name": options.first_name, "last_name": options.last_name}
    if options.site_operator:
        person = create_site_operator(email=options.email, **names)
    else:
        tenant = Tenant.objects.filter(slug=options.tenant).first()
        tenant = tenant or Tenant.objects.filter(name__iexact=options.tenant).first()
        if tenant is None:
            known = ", ".join(Tenant.objects.values_list("slug", flat=True)) or "none"
            raise RefusedError(f"There is no organisation {options.tenant!r}. Known: {known}.")
        with transaction.atomic():
            person = services.create_person(actor=None, tenant=tenant, email=options.email, **names)
            services.grant_administration(actor=None, person=person)
    url = (options.url or settings.REMOTEHELP_URL).rstrip("/")
    say(f"{person.full_name} may sign in after opening this link, once, and setting a password:")
    say(url + services.one_time_link_path(person))
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    from remotehelp_site import doctor

    try:
        use_settings()
    except RefusedError as error:
        findings = [doctor.Finding("settings", "failed", str(error), "See docs/operators.md.")]
    else:
        findings = doctor.examine()
    say(doctor.as_json(findings) if options.json else doctor.as_text(findings))
    return 1 if any(finding.outcome == "failed" for finding in findings) else 0


def compile_messages(options: argparse.Namespace) -> int:
    from remotehelp_site.catalogues import compile_catalogues

    site = Path(__file__).resolve().parent
    folders = [site.parent / "locale", site / "_data" / "locale"]
    written = [mo for folder in folders for mo in compile_catalogues(folder)]
    say(f"Compiled {len(written)} catalogues.")
    return 0


def manage(options: argparse.Namespace) -> int:
    """Django's own commands, for installations without a checkout (and so without manage.py)."""
    use_settings()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["remotehelp manage", *options.arguments])
    return 0


# --- the command line --------------------------------------------------------------------------------------


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (1 to 65535).")
    return int(text)


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=os.environ.get("PORT") or "8000", help="default: PORT or 8000"
    )
    parser.add_argument(
        "--bind", default=os.environ.get("BIND") or "127.0.0.1", help="default: 127.0.0.1"
    )


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="remotehelp", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="command")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=command)
        return sub

    sub = add("up", up, "Run everything in one process: pages, sockets, background work, SQLite.")
    sub.add_argument("--demo", action="store_true", help="with two organisations to try it out")
    _add_address(sub)
    sub = add("web", serve_web, "Run the web part only (PostgreSQL, Redis; see Procfile).")
    _add_address(sub)
    sub = add("create-tenant", create_tenant, "Create an organisation.")
    sub.add_argument("--name", required=True)
    sub.add_argument("--domain", required=True, help="its verified domain, as in contoso.example")
    sub = add("create-admin", create_admin, "Create an administrator; prints a one-time link.")
    who = sub.add_mutually_exclusive_group(required=True)
    who.add_argument("--tenant", help="the organisation's short name")
    who.add_argument("--site-operator", action="store_true", help="of the site, in no organisation")
    sub.add_argument("--email", required=True)
    sub.add_argument("--first-name", required=True)
    sub.add_argument("--last-name", required=True)
    sub.add_argument("--url", help="the site's address, if not the one of the settings")
    sub = add("doctor", run_doctor, "Say what is wrong with this installation, and what to do.")
    sub.add_argument("--json", action="store_true")
    add("compilemessages", compile_messages, "Compile the translations (.po to .mo).")
    sub = add("manage", manage, "Run one of Django's own commands, such as migrate.")
    sub.add_argument("arguments", nargs=argparse.REMAINDER)

    def show_help(options: argparse.Namespace) -> int:
        parser.print_help()
        return 0

    add("help", show_help, "Show this text.")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    from remotehelp_site.web import PortTakenError

    try:
        return int(options.run(options))
    except (RefusedError, PortTakenError) as error:
        sys.stderr.write(f"remotehelp: {error}\n")
        return 1
    except Exception as error:
        if not _is_plain(error):
            raise
        sys.stderr.write(f"remotehelp: {_plainly(error)}\n")
        return 1


def _is_plain(error: Exception) -> bool:
    """Whether the error is a refusal of ours, or the database's, that one line explains."""
    from django.db import DatabaseError

    from apps.common.errors import RuleError

    return isinstance(error, RuleError | DatabaseError)


def _plainly(error: Exception) -> str:
    fields = getattr(error, "fields", {})
    return " ".join([str(error), *(str(text) for text in fields.values() if text != str(error))])


if __name__ == "__main__":
    sys.exit(main())
