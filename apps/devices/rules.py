"""What a compliance policy can ask of a device, and which values go with it. Pure."""

from __future__ import annotations

import re

from django.db.models import TextChoices
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


class Rule(TextChoices):
    """Only what the device app really reports."""

    DISK_ENCRYPTED = "disk_encrypted", _("The disk is encrypted")
    SCREEN_LOCK = "screen_lock", _("The screen locks by itself")
    FIREWALL = "firewall", _("A firewall is on")
    SYSTEM_VERSION = "system_version", _("The system has at least this version")
    UPDATE_AGE = "update_age", _("The last update is at most this many days old")
    UPDATES_PENDING = "updates_pending", _("At most this many updates are pending")
    APP_VERSION = "app_version", _("The device app has at least this version")


VERSIONS = frozenset({Rule.SYSTEM_VERSION, Rule.APP_VERSION})
NUMBERS = frozenset({Rule.UPDATE_AGE, Rule.UPDATES_PENDING})
# What changes its answer although the device says nothing new.
GROWING = frozenset({Rule.UPDATE_AGE})

_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,5}", re.ASCII)
MOST = 100_000


def takes_value(rule: str) -> bool:
    return rule in VERSIONS or rule in NUMBERS


def problem_with(rule: str, value: str) -> StrPromise | str:
    """What is wrong with that value for that rule; empty when nothing is."""
    if rule in VERSIONS and not _VERSION.fullmatch(value):
        return _("Enter a version in numbers, such as 10.0.22467.1000.")
    if rule in NUMBERS and not (value.isascii() and value.isdigit() and int(value) <= MOST):
        return _("Enter a whole number, at most 100000.")
    if not takes_value(rule) and value:
        return _("This rule takes no value.")
    return ""


def asked_in_words(rule: str, value: str) -> str:
    """What a policy asks, as a sentence."""
    if rule == Rule.SYSTEM_VERSION:
        return gettext("The system has at least version %(version)s.") % {"version": value}
    if rule == Rule.APP_VERSION:
        return gettext("The device app has at least version %(version)s.") % {"version": value}
    number = int(value) if value.isascii() and value.isdigit() else 0
    if rule == Rule.UPDATE_AGE:
        return ngettext(
            "The last update is at most %(days)s day old.",
            "The last update is at most %(days)s days old.",
            number,
        ) % {"days": value}
    if rule == Rule.UPDATES_PENDING:
        return ngettext(
            "At most %(number)s update is pending.",
            "At most %(number)s updates are pending.",
            number,
        ) % {"number": value}
    return {
        Rule.DISK_ENCRYPTED: gettext("The disk is encrypted."),
        Rule.SCREEN_LOCK: gettext("The screen locks by itself."),
        Rule.FIREWALL: gettext("A firewall is on."),
    }[Rule(rule)]
