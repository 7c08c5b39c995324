"""The people that every test knows, their two tenants, and a session of theirs in each state."""

from __future__ import annotations

import pytest

from apps.devices.models import Device, Enrolment
from apps.roles.models import Action
from apps.sessions.models import HelpSession
from apps.sessions.services import OpenedSession, open_session
from apps.sessions.states import Kind, State
from apps.tenants.models import Tenant, User
from apps.tenants.services import grant_administration
from tests.factories import (
    make_assignment,
    make_device,
    make_person,
    make_role,
    make_session,
    make_tenant,
)


@pytest.fixture
def contoso(db: None) -> Tenant:
    """Licensed, everybody has a seat, unenrolled devices (and so plain browsers) are allowed."""
    return make_tenant("Contoso")


@pytest.fixture
def sam(contoso: Tenant) -> User:
    """A sharer of Contoso: no role at all."""
    return make_person(contoso, "Sam", "Sharer", job_title="Accountant")


@pytest.fixture
def hanna(contoso: Tenant, sam: User) -> User:
    """A Help Desk Operator of Contoso; Sam is in her scope."""
    hanna = make_person(contoso, "Hanna", "Helper", job_title="Help desk")
    make_assignment(hanna, scope=[sam])
    return hanna


@pytest.fixture
def wilma(contoso: Tenant) -> User:
    """A sharer of Contoso whom only Otto may help."""
    return make_person(contoso, "Wilma", "Warehouse", job_title="Storekeeper")


@pytest.fixture
def otto(contoso: Tenant, wilma: User) -> User:
    """A Help Desk Operator of Contoso over somebody else: Sam is not in his scope."""
    otto = make_person(contoso, "Otto", "Operator", job_title="Help desk")
    make_assignment(otto, scope=[wilma])
    return otto


@pytest.fixture
def oleg(contoso: Tenant, sam: User) -> User:
    """A helper of Contoso who may only view Sam's screen."""
    oleg = make_person(contoso, "Oleg", "Onlooker", job_title="Trainee")
    make_assignment(oleg, role=make_role(contoso, Action.VIEW_SCREEN, name="Viewer"), scope=[sam])
    return oleg


@pytest.fixture
def ada(contoso: Tenant) -> User:
    """An administrator of Contoso with every administrative permission, and nobody's helper."""
    ada = make_person(contoso, "Ada", "Administrator", job_title="IT manager")
    grant_administration(actor=None, person=ada)
    return ada


@pytest.fixture
def fabrikam(db: None) -> Tenant:
    """A second, fully set-up tenant."""
    return make_tenant("Fabrikam")


@pytest.fixture
def magnus(fabrikam: Tenant) -> User:
    """A sharer of Fabrikam."""
    return make_person(fabrikam, "Magnus", "Member", job_title="Engineer")


@pytest.fixture
def mallory(fabrikam: Tenant, magnus: User) -> User:
    """A Help Desk Operator of Fabrikam over all its users; nothing of Contoso is hers."""
    mallory = make_person(fabrikam, "Mallory", "Meddler", job_title="Help desk")
    make_assignment(mallory, scope=[magnus], covers_all_users=True, covers_all_devices=True)
    return mallory


@pytest.fixture
def sams_laptop(contoso: Tenant, sam: User) -> Device:
    """Enrolled, compliant (no policy fails), owned by Sam, app 1.4.0."""
    return make_device(contoso, name="sams-laptop", owner=sam)


@pytest.fixture
def old_tablet(contoso: Tenant, sam: User) -> Device:
    """Not enrolled, owned by Sam."""
    return make_device(contoso, name="old-tablet", owner=sam, enrolment=Enrolment.UNENROLLED)


@pytest.fixture
def waiting(hanna: User) -> OpenedSession:
    """Hanna's waiting session with its code (`.session`, `.code`, `.expires_at`)."""
    return open_session(actor=hanna)


@pytest.fixture
def introduced(hanna: User, sam: User) -> HelpSession:
    """Hanna and Sam, code redeemed in a plain browser."""
    return make_session(hanna, sam, State.INTRODUCED)


@pytest.fixture
def requested(hanna: User, sam: User) -> HelpSession:
    """Hanna asked Sam for *View screen*."""
    return make_session(hanna, sam, State.REQUESTED)


@pytest.fixture
def connecting(hanna: User, sam: User) -> HelpSession:
    """Sam allowed *View screen*."""
    return make_session(hanna, sam, State.CONNECTING)


@pytest.fixture
def active(hanna: User, sam: User) -> HelpSession:
    """Hanna sees Sam's screen, from a plain browser."""
    return make_session(hanna, sam, State.ACTIVE)


@pytest.fixture
def active_control(hanna: User, sam: User, sams_laptop: Device) -> HelpSession:
    """Hanna controls Sam's laptop."""
    return make_session(hanna, sam, State.ACTIVE, kind=Kind.FULL_CONTROL, device=sams_laptop)
