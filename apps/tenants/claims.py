"""What an organisation's directory says of a person at sign-in; pure reading, no decision."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from apps.common.text import one_line

NAME_LENGTH = 150
JOB_TITLE_LENGTH = 120
ADDRESS_LENGTH = 254
OID_LENGTH = 100


@dataclass(frozen=True, slots=True)
class DirectoryClaims:
    """Who signed in: `(directory_id, oid)` is the identity, the rest is only shown.

    An empty field was not claimed and leaves what is known of the person as it is.
    """

    directory_id: uuid.UUID
    oid: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    job_title: str = ""


def find_claims(token: Mapping[str, object]) -> DirectoryClaims | None:
    """The claims of an ID token, or None when it does not say which directory and which person."""
    directory_id = _uuid(token.get("tid"))
    oid = token.get("oid")
    if directory_id is None or not isinstance(oid, str) or not _is_id(oid):
        return None
    first_name = _text(token, NAME_LENGTH, "given_name")
    last_name = _text(token, NAME_LENGTH, "family_name")
    if not first_name and not last_name:
        first_name, _, last_name = _text(token, NAME_LENGTH, "name").partition(" ")
    return DirectoryClaims(
        directory_id=directory_id,
        oid=oid,
        first_name=first_name,
        last_name=last_name.strip(),
        email=_address(token, "email", "preferred_username"),
        job_title=_text(token, JOB_TITLE_LENGTH, "job_title", "jobTitle", "jobtitle"),
    )


def _uuid(value: object) -> uuid.UUID | None:
    if not isinstance(value, str):
        return None
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def _is_id(value: str) -> bool:
    return 0 < len(value) <= OID_LENGTH and value.isprintable() and not value.isspace()


def _text(token: Mapping[str, object], length: int, *names: str) -> str:
    """The first claim of these that is text. Invisible characters go: a name is what people see."""
    for name in names:
        value = token.get(name)
        if isinstance(value, str) and (text := one_line(value)[:length].strip()):
            return text
    return ""


def _address(token: Mapping[str, object], *names: str) -> str:
    for name in names:
        address = _text(token, ADDRESS_LENGTH, name).lower()
        local, at, domain = address.rpartition("@")
        if at and local and "." in domain and " " not in address:
            return address
    return ""
