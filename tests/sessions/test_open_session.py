from __future__ import annotations

import pytest

from apps.common.errors import NotFoundError
from apps.roles.models import Role
from apps.sessions import codes, services
from apps.sessions.models import HelpSession, SecurityCode
from apps.sessions.services.opening import NotAHelperError
from apps.sessions.states import State
from tests.factories import make_assignment, make_device, make_session, redeem
from tests.sessions.stories import last_event


def test_a_helper_gets_a_waiting_session_with_a_code(clock, hanna, contoso, settings):
    """S1."""
    opened = services.open_session(actor=hanna)
    row = HelpSession.objects.get()
    assert (row.helper, row.tenant, row.state, row.sharer) == (hanna, contoso, State.WAITING, None)
    assert row.expires_at == row.opened_at + settings.REMOTEHELP_CODE_VALID_FOR
    assert opened.expires_at == row.expires_at == row.codes.get().expires_at
    assert last_event(row) == ("opened", "", State.WAITING, hanna)


def test_the_code_itself_is_kept_nowhere(waiting):
    row = SecurityCode.objects.get()
    assert row.digest == codes.digest(waiting.code)
    stored = [str(value) for value in (row.__dict__ | waiting.session.__dict__).values()]
    assert not any(waiting.code in value for value in stored)


def test_who_may_help_nobody_gets_no_code(sam, ada, hanna, contoso):
    for person in (sam, ada):
        with pytest.raises(NotAHelperError):
            services.open_session(actor=person)
    idle = Role.objects.create(tenant=contoso, name="Idle")  # allows nothing; no service makes one
    make_assignment(ada, role=idle, scope=[sam])
    with pytest.raises(NotAHelperError):
        services.open_session(actor=ada)
    assert not HelpSession.objects.exists()
    assert services.open_session(actor=hanna).code


def test_a_disabled_helper_and_a_site_operator_get_no_code(hanna, django_user_model):
    hanna.is_active = False
    operator = django_user_model.objects.create_superuser("root", "root@site.example", "x")
    for person in (hanna, operator):
        with pytest.raises(NotFoundError):
            services.open_session(actor=person)
    assert not HelpSession.objects.exists()


def test_a_session_is_aimed_at_a_device_of_the_own_tenant_only(hanna, sam, sams_laptop, fabrikam):
    foreign = make_device(fabrikam)
    with pytest.raises(NotFoundError):
        services.open_session(actor=hanna, aimed_at=foreign)
    opened = services.open_session(actor=hanna, aimed_at=sams_laptop)
    with pytest.raises(services.opening.OtherDeviceError):
        redeem(sam, opened)  # from a browser
    other = make_device(hanna.tenant, owner=sam)
    with pytest.raises(services.opening.OtherDeviceError):
        redeem(sam, opened, device=other)
    assert redeem(sam, opened, device=sams_laptop).device == sams_laptop


def test_unused_codes_are_limited_and_running_or_expired_sessions_do_not_count(
    clock, hanna, sam, settings
):
    settings.REMOTEHELP_WAITING_SESSIONS = 2
    make_session(hanna, sam, State.ACTIVE)
    services.open_session(actor=hanna)
    services.open_session(actor=hanna)
    with pytest.raises(services.TooManyOpenError):
        services.open_session(actor=hanna)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR)
    # Nobody tidied up, and still they count no more.
    assert HelpSession.objects.filter(state=State.WAITING).count() == 2
    assert services.open_session(actor=hanna).code


def test_two_sessions_run_at_once(hanna, sam, oleg):
    """D5: both a helper and a sharer may have several."""
    first, second = make_session(hanna, sam), make_session(hanna, sam)
    third = make_session(oleg, sam)
    assert {first.state, second.state, third.state} == {State.ACTIVE}
    services.leave_session(actor=sam, session=first)
    second.refresh_from_db()
    assert second.state == State.ACTIVE
