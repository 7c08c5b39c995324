"""What a policy says of what a device told about itself, and the words for it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.devices.rules import NUMBERS, VERSIONS, Rule

UNKNOWN = "unknown"
NO = "no"
_NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What the app found out. None: it could not find out, which meets no policy."""

    system_version: str = ""
    disk_encrypted: bool | None = None
    screen_lock: bool | None = None
    firewall: bool | None = None
    update_age_days: int | None = None
    updates_pending: int | None = None
    # Which no app says among its facts: each says it of itself with everything.
    app_version: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """`found` is kept as it is and put into words when it is read, in the reader's language."""

    is_met: bool
    found: str


def _numbers(version: str) -> tuple[int, ...]:
    """The first run of numbers: 24.4.1 of "Ubuntu 24.04.1 LTS", without trailing zeros."""
    match = _NUMBERS.search(version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _yes_or_no(answer: bool | None) -> Finding:
    if answer is None:
        return Finding(False, UNKNOWN)
    return Finding(answer, "" if answer else NO)


def _version(value: str, found: str) -> Finding:
    needed, have = _numbers(value), _numbers(found)
    return Finding(bool(needed) and have >= needed, found or UNKNOWN)


def _at_most(value: str, number: int | None) -> Finding:
    if number is None:
        return Finding(False, UNKNOWN)
    limit = value.strip()
    is_met = limit.isascii() and limit.isdigit() and number <= int(limit)
    return Finding(is_met, str(number))


def look(rule: str, value: str, facts: DeviceFacts) -> Finding:
    """Whether the rule is met. A rule whose value makes no sense is met by nobody."""
    if rule == Rule.SYSTEM_VERSION:
        return _version(value, facts.system_version)
    if rule == Rule.APP_VERSION:
        return _version(value, facts.app_version)
    if rule == Rule.UPDATE_AGE:
        return _at_most(value, facts.update_age_days)
    if rule == Rule.UPDATES_PENDING:
        return _at_most(value, facts.updates_pending)
    answers = {
        Rule.DISK_ENCRYPTED: facts.disk_encrypted,
        Rule.SCREEN_LOCK: facts.screen_lock,
        Rule.FIREWALL: facts.firewall,
    }
    return _yes_or_no(answers[Rule(rule)])


def _number_in_words(rule: str, number: int) -> str:
    if rule == Rule.UPDATE_AGE:
        return ngettext(
            "The last update is %(days)s day old.", "The last update is %(days)s days old.", number
        ) % {"days": number}
    return ngettext("%(number)s update is pending.", "%(number)s updates are pending.", number) % {
        "number": number
    }


def in_words(rule: str, found: str) -> str:
    """The finding for people. What an older evaluation, or a person, wrote as a sentence stays as it is."""
    if found == UNKNOWN:
        return _("The device could not tell.")
    if found == NO:
        return {
            Rule.DISK_ENCRYPTED: _("The disk is not encrypted."),
            Rule.SCREEN_LOCK: _("The screen does not lock by itself."),
            Rule.FIREWALL: _("No firewall is on."),
        }.get(Rule(rule), found)
    if rule in NUMBERS and found.isascii() and found.isdigit():
        return _number_in_words(rule, int(found))
    if rule in VERSIONS and found and found[0].isdigit():
        if rule == Rule.APP_VERSION:
            return _("The app version is %(version)s.") % {"version": found}
        return _("The system version is %(version)s.") % {"version": found}
    return found
