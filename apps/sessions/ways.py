"""From a check that failed to the page that would change it, or to whom to ask: what the pages show of `why`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from apps.roles.models import Action
from apps.sessions.eligibility import Check
from apps.sessions.models import HelpSession, Refusal
from apps.sessions.why import PLACES, Explanation, Place
from apps.tenants.models import User
from apps.tenants.rights import RIGHTS
from apps.tenants.selectors import holders_of, permissions_held

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Way:
    """A page on which something would be changed, for whoever holds the right of that place."""

    label: StrPromise | str
    url: str
    place: Place


@dataclass(frozen=True, slots=True)
class Asking:
    """Who could change it, where the reader cannot; nobody, where nobody of the organisation can."""

    right: StrPromise | str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One check of the trace; one that failed has ways on, or somebody to ask."""

    check: Check
    ways: tuple[Way, ...] = ()
    asking: Asking | None = None


def _settings(said: Explanation) -> Iterator[Way]:
    yield Way(
        gettext_lazy("Remote help settings"), reverse("administration:settings"), Place.SETTINGS
    )


def _device(said: Explanation) -> Iterator[Way]:
    if said.device is not None:
        url = reverse("help_sessions:device", args=[said.device.pk])
        yield Way(said.device.name, url, Place.DEVICE)


def _too_many_devices(said: Explanation) -> Iterator[Way]:
    yield from _device(said)
    yield Way(gettext_lazy("Enrolment tokens"), reverse("devices:enrolment"), Place.DEVICE)


def _unenrolled(said: Explanation) -> Iterator[Way]:
    yield from _settings(said)
    url = reverse("devices:enrolment")
    yield Way(gettext_lazy("Enrolment tokens"), url, Place.DEVICE)


def _conditional_access(said: Explanation) -> Iterator[Way]:
    yield from _settings(said)
    yield from _device(said)
    url = reverse("devices:policies")
    yield Way(gettext_lazy("Compliance policies"), url, Place.DEVICE)


def _licenses(said: Explanation) -> Iterator[Way]:
    yield Way(gettext_lazy("Licences"), reverse("licenses:licenses"), Place.LICENSES)


def _seats(said: Explanation) -> Iterator[Way]:
    yield from _licenses(said)
    yield Way(gettext_lazy("Who lacks a seat"), reverse("licenses:lacking"), Place.LICENSES)


def _base_license(said: Explanation) -> Iterator[Way]:
    yield from _licenses(said)
    yield from _settings(said)


def _disabled_people(said: Explanation) -> Iterator[Way]:
    for person in (said.helper, said.sharer):
        if not person.is_active:
            url = reverse("directory:person", args=[person.pk])
            yield Way(person.full_name, url, Place.PEOPLE)


def _assignments(said: Explanation) -> Iterator[Way]:
    """Nobody's fault but the scope's: the assignments that the helper has, or a new one."""
    for reach in said.assignments[:NAMES_SHOWN]:
        assignment = reach.assignment
        url = reverse("roles:assignment_change", args=[assignment.pk])
        yield Way(_("Role assignment %(name)s") % {"name": assignment.name}, url, Place.ASSIGNMENTS)
    url = reverse("roles:begin_assignment")
    yield Way(gettext_lazy("New role assignment"), url, Place.ASSIGNMENTS)


def _roles(said: Explanation) -> Iterator[Way]:
    """The roles that reach the two and give too little. A built-in one is never among them: it gives all."""
    roles = {reach.assignment.role for reach in said.assignments if reach.is_reaching}
    for role in sorted(roles, key=lambda role: role.name)[:NAMES_SHOWN]:
        url = reverse("roles:change_role", args=[role.pk])
        yield Way(_("Role %(name)s") % {"name": role.name}, url, Place.ASSIGNMENTS)
    yield Way(gettext_lazy("Role assignments"), reverse("roles:assignments"), Place.ASSIGNMENTS)


def _nowhere(said: Explanation) -> Iterator[Way]:
    yield from ()


_WAYS: dict[str, Callable[[Explanation], Iterable[Way]]] = {
    "not_together": _nowhere,
    "person_disabled": _disabled_people,
    "government_cloud": _nowhere,
    "market_unavailable": _nowhere,
    "remote_help_off": _settings,
    "license_pending": _licenses,
    "license_missing": _licenses,
    "helper_has_no_seat": _seats,
    "sharer_has_no_seat": _seats,
    "out_of_scope": _assignments,
    "view_screen_not_permitted": _roles,
    "full_control_not_permitted": _roles,
    "elevation_not_permitted": _roles,
    "base_license_missing": _base_license,
    "too_many_devices": _too_many_devices,
    "device_revoked": _device,
    "device_not_enrolled": _unenrolled,
    "compliant_device_required": _conditional_access,
    "app_too_old": _settings,
}


def _address(name: str, **asked: object) -> str:
    said = {key: str(value) for key, value in asked.items() if value}
    return f"{reverse(name)}?{urlencode(said)}"


# What a device, or its app, is refused for.
_ABOUT_DEVICE = frozenset(
    {
        "device_revoked",
        "device_not_enrolled",
        "base_license_missing",
        "too_many_devices",
        "compliant_device_required",
        "app_too_old",
    }
)


def own_question(
    code: str,
    *,
    sharer_id: uuid.UUID | None,
    device_id: uuid.UUID | None,
    is_browser: bool = True,
    action: Action = Action.VIEW_SCREEN,
) -> str:
    """The address of a helper's own answer to a refusal; empty where there is none.

    That is what the help decision did not refuse, and what it refused for a device of which there is no record.
    """
    if code not in PLACES or sharer_id is None:
        return ""
    if device_id is None and not is_browser and code in _ABOUT_DEVICE:
        return ""
    return _address(
        "help_sessions:own_why", sharer=sharer_id, device=device_id, action=action.value
    )


def why_recorded(reader: User, refusal: Refusal, session: HelpSession, *, may_ask_all: bool) -> str:
    """The address where the reader asks the question of a recorded refusal anew; empty if it is not theirs to ask."""
    action = _refused_action(refusal)
    if refusal.helper_id == reader.pk:
        return own_question(
            refusal.code,
            sharer_id=refusal.sharer_id,
            device_id=session.device_id,
            is_browser=False,
            action=action,
        )
    if refusal.sharer_id is None or not may_ask_all:
        return ""
    return _address(
        "help_sessions:why",
        helper=refusal.helper_id,
        sharer=refusal.sharer_id,
        device=session.device_id,
        action=action.value,
    )


def _refused_action(refusal: Refusal) -> Action:
    """What was asked for, as far as it was written down."""
    of_code = {f"{action.value}_not_permitted": action for action in Action}
    fallback = Action.ELEVATION if refusal.step == "elevate" else Action.VIEW_SCREEN
    return of_code.get(refusal.code, fallback)


def asking(tenant_id: uuid.UUID, place: Place) -> Asking | None:
    """Whom somebody asks who may not go there themselves. One query."""
    if place is Place.NOWHERE:
        return None
    people = holders_of(tenant_id, place.value)[:NAMES_SHOWN]
    return Asking(RIGHTS[place.value], tuple(person.full_name for person in people))


def shown_lines(actor: User, said: Explanation) -> list[ShownLine]:
    """The trace as the actor's page shows it. One query, and one for each right that the actor would need."""
    held = permissions_held(actor)
    known: dict[Place, Asking | None] = {}

    def shown(check: Check) -> ShownLine:
        if check.is_passed:
            return ShownLine(check)
        ways = tuple(way for way in _WAYS[check.code](said) if way.place.value in held)
        place = PLACES[check.code]
        if ways or place.value in held:
            return ShownLine(check, ways)
        if place not in known:
            known[place] = asking(said.helper.tenant_id, place) if said.helper.tenant_id else None
        return ShownLine(check, asking=known[place])

    return [shown(line.check) for line in said.lines]


def headline(said: Explanation) -> str:
    """The answer as one sentence."""
    names = {
        "helper": said.helper.full_name,
        "sharer": said.sharer.full_name,
        "device": said.device.name if said.device is not None else "",
        "action": Action(said.decision.action).label,
    }
    if said.decision.is_allowed:
        if said.device is not None:
            return _("%(helper)s may help %(sharer)s on %(device)s: %(action)s.") % names
        return _("%(helper)s may help %(sharer)s in a plain browser: %(action)s.") % names
    if said.device is not None:
        return _("%(helper)s may not help %(sharer)s on %(device)s: %(action)s.") % names
    return _("%(helper)s may not help %(sharer)s in a plain browser: %(action)s.") % names
