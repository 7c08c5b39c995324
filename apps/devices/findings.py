"""What a policy says of what a device told about itself, and the words for it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.devices.models import Policy

Rule = Policy.Rule

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


def _age(value: str, days: int | None) -> Finding:
    if days is None:
        return Finding(False, UNKNOWN)
    limit = value.strip()
    is_met = limit.isascii() and limit.isdigit() and days <= int(limit)
    return Finding(is_met, str(days))


def look(rule: str, value: str, facts: DeviceFacts) -> Finding:
    """Whether the rule is met. A rule whose value makes no sense is met by nobody."""
    if rule == Rule.DISK_ENCRYPTED:
        return _yes_or_no(facts.disk_encrypted)
    if rule == Rule.SCREEN_LOCK:
        return _yes_or_no(facts.screen_lock)
    if rule == Rule.FIREWALL:
        return _yes_or_no(facts.firewall)
    if rule == Rule.SYSTEM_VERSION:
        return _version(value, facts.system_version)
    return _age(value, facts.update_age_days)


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
    if rule == Rule.UPDATE_AGE and found.isascii() and found.isdigit():
        days = int(found)
        return ngettext(
            "The last update is %(days)s day old.", "The last update is %(days)s days old.", days
        ) % {"days": days}
    if rule == Rule.SYSTEM_VERSION and found and found[0].isdigit():
        return _("The system version is %(version)s.") % {"version": found}
    return found
