"""The demo's sign-ins: passwords are made, kept in var/demo.json, and true there after every start."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from django.db import transaction
from django.utils.crypto import salted_hmac

from apps.tenants.models import User
from remotehelp_site.demo import cast

# No look-alikes: people read these from one screen and type them on another.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class SignIn(TypedDict):
    role: str
    sign_in: str
    password: str
    name: str


class DemoFile(TypedDict):
    url: str
    people: list[SignIn]


def new_password() -> str:
    """About 79 bits, in four groups."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _roles() -> list[tuple[str, str]]:
    """(role, address) of everybody who can sign in."""
    casts = (
        (cast.CONTOSO, cast.CONTOSO_PEOPLE),
        (cast.FABRIKAM, cast.FABRIKAM_PEOPLE),
    )
    found = [(p.role, p.email_at(company)) for company, people in casts for p in people if p.role]
    return [*found, (cast.OPERATOR_ROLE, cast.OPERATOR_EMAIL)]


def _passwords_of(path: Path) -> dict[str, str]:
    """The passwords by address that an earlier start has written, if the file is still good."""
    try:
        kept: DemoFile = json.loads(path.read_text())
        return {str(p["sign_in"]): str(p["password"]) for p in kept["people"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write_private(path: Path, text: str) -> None:
    """Written whole or not at all, and readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)


def _seal(people: Sequence[SignIn]) -> str:
    """Says that these passwords are the ones in the database, without checking each (0.1 s a piece)."""
    hashes = dict(
        User.objects.filter(email__in=[p["sign_in"] for p in people]).values_list(
            "email", "password"
        )
    )
    pairs = sorted((p["sign_in"], p["password"], hashes.get(p["sign_in"], "")) for p in people)
    return salted_hmac("remotehelp_site.demo", json.dumps(pairs), algorithm="sha256").hexdigest()


def _make_true(people: Sequence[SignIn]) -> None:
    with transaction.atomic():
        for sign_in in people:
            person = User.objects.get(email=sign_in["sign_in"], directory_oid="")
            if not person.check_password(sign_in["password"]):
                person.set_password(sign_in["password"])
                person.save(update_fields=["password"])


def keep_sign_ins(folder: Path, url: str) -> list[SignIn]:
    """Write demo.json anew with this address, and see to it that its passwords work.

    Passwords in the file stay; whoever has none there (a new database, a lost file) gets a new one.
    """
    path, seal_path = folder / "demo.json", folder / "demo.seal"
    kept = _passwords_of(path)
    addresses = [email for _role, email in _roles()]
    names = {p.email: p.full_name for p in User.objects.filter(email__in=addresses)}
    people: list[SignIn] = [
        {
            "role": role,
            "sign_in": email,
            "password": kept.get(email) or new_password(),
            "name": names[email],
        }
        for role, email in _roles()
        if email in names
    ]
    if not seal_path.exists() or seal_path.read_text() != _seal(people):
        _make_true(people)
        _write_private(seal_path, _seal(people))
    content: DemoFile = {"url": url, "people": people}
    _write_private(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return people
