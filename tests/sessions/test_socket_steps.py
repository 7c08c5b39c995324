"""Every step that is taken over HTTP, and every right that falls away, reaches both sockets (S9, L1, T1, R5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.licenses.models import Seat
from apps.licenses.services import revoke_seat as revoke_a_seat
from apps.roles.models import RoleAssignment
from apps.roles.services import remove_assignment
from apps.sessions import services
from apps.sessions.states import EndReason, State
from apps.tenants.services import change_settings, disable_person
from tests.factories import make_session
from tests.sessions.stories import reread

ENDED = {"type": "session.changed", "state": "ended"}


def changed(state: str) -> dict[str, str]:
    return {"type": "session.changed", "state": state}


def press(person: Any, name: str, session: Any, **fields: str) -> Any:
    """Press a button of the session page, in that person's browser."""
    browser = Client()
    browser.force_login(person)
    return browser.post(reverse(f"help_sessions:{name}", args=[session.pk]), fields)


def both_are_shut(*sockets: Any) -> None:
    for socket in sockets:
        assert socket.hear() == ENDED
        assert socket.hear_close() == 1000


def test_entering_the_code_is_told_to_the_waiting_helper(wire, waiting, hanna, sam):
    helper = wire.join(hanna, waiting.session)
    browser = Client()
    browser.force_login(sam)
    browser.post(reverse("help_sessions:redeem"), {"code": waiting.code})
    assert helper.hear() == changed("introduced")


def test_ask_decline_ask_allow_and_leave_are_told_to_both(wire, introduced, hanna, sam):
    helper, sharer = wire.join_both(introduced)
    steps = [
        (hanna, "request_kind", {"kind": "view_screen"}, "requested"),
        (sam, "decline", {}, "introduced"),
        (hanna, "request_kind", {"kind": "view_screen"}, "requested"),
        (sam, "allow", {"kind": "view_screen"}, "connecting"),
    ]
    for person, name, fields, state in steps:
        assert press(person, name, introduced, **fields).status_code == 302
        for socket in (helper, sharer):
            assert socket.hear() == changed(state)
    press(hanna, "leave", introduced)
    both_are_shut(helper, sharer)
    assert reread(introduced).end_reason == "helper_left"


def test_the_sharer_leaves_an_active_session(wire, active, sam):
    sockets = wire.join_both(active)
    press(sam, "leave", active)
    both_are_shut(*sockets)
    assert reread(active).end_reason == "sharer_left"


def test_a_refused_step_is_told_to_both_so_that_their_pages_show_why(
    wire, introduced, hanna, ada, contoso
):
    helper, sharer = wire.join_both(introduced)
    change_settings(actor=ada, tenant=contoso, is_remote_help_enabled=False)
    assert press(hanna, "request_kind", introduced, kind="view_screen").status_code == 403
    for socket in (helper, sharer):
        assert socket.hear() == changed("introduced")


def test_an_administrator_ends_the_session(wire, active, ada):
    sockets = wire.join_both(active)
    services.end_session(actor=ada, session=active, reason=EndReason.ENDED_BY_ADMIN)
    both_are_shut(*sockets)


def revoke_seat(admin: Any, session: Any) -> None:
    for seat in Seat.objects.filter(license__tenant=session.tenant):
        revoke_a_seat(actor=admin, seat=seat)


def remove_role(admin: Any, session: Any) -> None:
    for assignment in RoleAssignment.objects.filter(tenant=session.tenant):
        remove_assignment(actor=admin, assignment=assignment)


def switch_off(admin: Any, session: Any) -> None:
    change_settings(actor=admin, tenant=session.tenant, is_remote_help_enabled=False)


def disable_helper(admin: Any, session: Any) -> None:
    disable_person(actor=admin, person=session.helper)


def disable_sharer(admin: Any, session: Any) -> None:
    disable_person(actor=admin, person=session.sharer)


@pytest.mark.parametrize("state", [State.CONNECTING, State.ACTIVE])
@pytest.mark.parametrize(
    ("withdraw", "why"),
    [
        (revoke_seat, "helper_has_no_seat"),
        (remove_role, "out_of_scope"),
        (switch_off, "remote_help_off"),
        (disable_helper, "person_disabled"),
        (disable_sharer, "person_disabled"),
    ],
)
def test_a_right_that_falls_away_mid_way_shuts_both_sockets(
    wire, hanna, sam, ada, state, withdraw, why
):
    session = make_session(hanna, sam, state)
    sockets = wire.join_both(session)
    withdraw(ada, session)
    both_are_shut(*sockets)
    row = reread(session)
    assert (row.end_reason, row.end_detail) == ("ground_lost", why)
    for person in (hanna, sam):
        assert not wire.knock(person, session).open()
