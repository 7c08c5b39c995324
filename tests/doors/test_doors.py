"""Every row of the table is tried as everybody; who is refused has changed nothing and learnt nothing (T3)."""

from __future__ import annotations

import io
import json
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from apps.common.clock import now
from apps.devices.services import create_policy, issue_enrolment_token, save_view
from apps.directory.services import begin_import, check_import
from apps.licenses.services import assign_seat
from apps.roles.models import Action
from apps.roles.selectors import assignments_of
from apps.sessions import services
from apps.sessions.models import HelpSession, SessionEvent
from apps.tenants.models import User
from apps.tenants.services import claim_domain, create_api_client, set_picture, verify_domain
from tests.device_app import API, DeviceApp
from tests.dns_server import dns_server
from tests.doors.table import ACTORS, DOORS, SOCKETS, Door
from tests.factories import EVERYONE, make_device, make_group, make_license, make_role
from tests.sessions.wire import Wire


@dataclass(frozen=True)
class Place:
    """What the door is about, and what to send."""

    args: tuple[uuid.UUID | str, ...]
    body: dict[str, object]


@pytest.fixture
def people(hanna, sam, otto, ada, mallory):
    operator = User.objects.create_superuser("operator", "op@example.org", "a long passphrase")
    everybody = (hanna, sam, otto, ada, mallory, operator, None)
    return dict(zip(ACTORS, everybody, strict=True))


@pytest.fixture(autouse=True)
def _nameserver(settings):
    with dns_server() as server:
        settings.REMOTEHELP_DNS_SERVERS = [server.address]
        yield


def _pictured(door: Door, people) -> Place:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "PNG")
    set_picture(person=people["sam"], data=picture.getvalue())
    return Place((people["sam"].pk,), door.body)


def _with_token(door: Door, people) -> Place:
    expires_at = now() + timedelta(days=1)
    issued = issue_enrolment_token(actor=people["ada"], name="Warehouse", expires_at=expires_at)
    if door.by_app:
        return Place((), {"token": issued.value})
    return Place((issued.token.pk,), door.body)


def _client(door: Door, people) -> Place:
    at = now() + timedelta(days=1)
    issued = create_api_client(
        actor=people["ada"], name="Nightly", scopes=["tenants.manage_devices"], expires_at=at
    )
    return Place((issued.client.pk,), door.body)


def _invited(door: Door, people) -> Place:
    laptop = make_device(people["sam"].tenant, name="sams-laptop", owner=people["sam"])
    opened = services.open_session_on(actor=people["hanna"], device_id=laptop.pk)
    return Place((opened.session.pk,), door.body)


def _laptop(door: Door, people) -> Place:
    laptop = make_device(people["sam"].tenant, name="sams-laptop", owner=people["sam"])
    if door.of == "laptop_in_form":
        return Place((), {**door.body, "device": str(laptop.pk)})
    if door.of == "devices_and_group":
        group = make_group(people["sam"].tenant)
        return Place((), {"devices": [laptop.pk], "group": group.pk})
    if door.of == "laptop_in_body":
        return Place((), {"device": str(laptop.pk)})
    return Place((laptop.pk,), door.body)


def _sam(door: Door, people) -> Place:
    return Place((people["sam"].pk,), door.body)


def _package(door: Door, people) -> Place:
    return Place(("remotehelp_agent-0.0.0-py3-none-any.whl",), door.body)


def _pair(door: Door, people) -> Place:
    query = {"helper": people["hanna"].pk, "sharer": people["sam"].pk}
    return Place((), {name: str(query[name]) for name in query if door.of in ("pair", name)})


def _role(door: Door, people) -> Place:
    contoso = people["ada"].tenant
    role = make_role(contoso, Action.VIEW_SCREEN, name="Viewer")
    return Place((role.pk,), door.body)


def _view(door: Door, people) -> Place:
    view = save_view(actor=people["ada"], name="Old ones", query={"seen": "not30"}, is_shared=True)
    return Place((view.pk,), door.body)


def _csv(door: Door, people) -> Place:
    return Place(("csv",), door.body)


def _policy(door: Door, people) -> Place:
    contoso = people["ada"].tenant
    policy = create_policy(
        actor=None, tenant=contoso, name="Locked", rule="screen_lock", covers_all_devices=True
    )
    return Place((policy.pk,), door.body)


def _assignment(door: Door, people) -> Place:
    found = assignments_of(people["hanna"]).get()
    body = {
        "name": found.name,
        "role": found.role_id,
        "admin_groups": [group.pk for group in found.admin_groups.all()],
    }
    if door.of == "new_assignment":
        return Place((), {**body, "name": "New"})
    return Place((found.pk,), body if door.method in ("PUT", "POST") else door.body)


def _claim(door: Door, people) -> Place:
    ada = people["ada"]
    return Place((claim_domain(actor=ada, tenant=ada.tenant, name="contoso.org").pk,), door.body)


def _domain(door: Door, people) -> Place:
    made = verify_domain(actor=None, tenant=people["ada"].tenant, name="contoso.org")
    return Place((made.name,), door.body)


def _license(door: Door, people) -> Place:
    """A licence of Contoso, with Sam's seat where the row is about a seat; ids for the words of the body."""
    sam = people["sam"]
    license_ = make_license(sam.tenant)
    if door.of in ("seat", "seat_of_sam"):
        seat = assign_seat(actor=None, license_=license_, person=sam)
        return Place((license_.pk, sam.pk if door.of == "seat_of_sam" else seat.pk), door.body)
    if door.of == "license_for_sam":
        return Place((), {"license": str(license_.pk), "people": str(sam.pk)})
    ids = {"sam": sam.pk, "everyone": sam.tenant.groups.get(name=EVERYONE).pk}
    if door.of == "license_and_sam":
        return Place((license_.pk, sam.pk), door.body)
    if door.of == "license_and_everyone":
        return Place((license_.pk, ids["everyone"]), door.body)
    return Place(
        (license_.pk,), {name: str(ids.get(said, said)) for name, said in door.body.items()}
    )


def _group(door: Door, people) -> Place:
    group = make_group(people["sam"].tenant, "Of Sam", [people["sam"]])
    chosen = {"ids": [str(people["sam"].pk)]} if door.of == "group_and_sam" else {}
    return Place((group.pk,), {**door.body, **chosen})


def _import(door: Door, people) -> Place:
    ada = people["ada"]
    data = b"email,last_name\nnew@contoso.example,New\n"
    made = begin_import(actor=ada, tenant=ada.tenant, data=data, makes_groups=False)
    check_import(made.pk)
    return Place((made.pk,), door.body)


# What is not a session that was made by its code.
OTHERS = {
    "claim": _claim,
    "import": _import,
    "group": _group,
    "group_and_sam": _group,
    "domain": _domain,
    "package": _package,
    "picture": _pictured,
    "token": _with_token,
    "client": _client,
    "invitation": _invited,
    "laptop": _laptop,
    "sam": _sam,
    "laptop_in_body": _laptop,
    "laptop_in_form": _laptop,
    "devices_and_group": _laptop,
    "view": _view,
    "csv": _csv,
    "pair": _pair,
    "sharer": _pair,
    "role": _role,
    "policy": _policy,
    "assignment": _assignment,
    "new_assignment": _assignment,
    **dict.fromkeys(
        (
            "license",
            "license_for_sam",
            "license_and_sam",
            "license_and_everyone",
            "seat",
            "seat_of_sam",
        ),
        _license,
    ),
}


@pytest.fixture
def prepare(request, people, hanna, sam):
    """Makes what the row is about, by the services."""

    def elevated(step):
        session = request.getfixturevalue("active_control")
        services.ask_elevation(actor=hanna, session=session)
        if step == "elevation_granted":
            services.answer_elevation(actor=sam, session=session, is_granted=True)
        return session

    def make(door: Door) -> Place:
        if door.of == "":
            return Place((), door.body)
        if door.of == "code":
            return Place((), {"code": request.getfixturevalue("waiting").code})
        if door.of in OTHERS:
            return OTHERS[door.of](door, people)
        if door.of.startswith("elevation_"):
            return Place((elevated(door.of).pk,), door.body)
        found = request.getfixturevalue(door.of)
        return Place((getattr(found, "session", found).pk,), door.body)

    return make


def _ask_by_app(door: Door, person: User | None, args, body):
    if person is None:
        return Client().post(reverse(door.name, args=args), body, content_type="application/json")
    app = DeviceApp(person)
    address = reverse(door.name, args=args).removeprefix(API)
    if door.by_app == "key":
        return app.post(address, app.about(**body))
    if person.tenant is not None:
        app.is_on(person.devices.first() or make_device(person.tenant, owner=person))
    if door.method == "GET":
        return app.get(address, is_proved=True)
    return app.post(address, REPORT if door.name == "api:report_device" else body)


def _ask(door: Door, person: User | None, args, body):
    if door.by_app:
        return _ask_by_app(door, person, args, body)
    client = Client()
    if person is not None:
        client.force_login(person)
    address = reverse(door.name, args=args)
    if door.method == "GET":
        return client.get(address, body)
    if door.is_api:
        said = json.dumps(body, default=str)
        return client.generic(door.method, address, said, content_type="application/json")
    return client.post(address, body)


def _rows() -> tuple[list[object], list[object]]:
    return (
        list(HelpSession.objects.order_by("pk").values()),
        list(SessionEvent.objects.order_by("pk").values()),
    )


def _said(answer, *names: object) -> str:
    """What an answer says, without what differs between any two answers."""
    text = answer.content.decode(errors="replace")
    said = f"{answer.status_code} {answer.get('Location', '')} {text}"
    for name in names:
        said = said.replace(str(name), "NAME")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "TOKEN", said)


REPORT = {"app_version": "1.4.0", "system_version": "12", "facts": {}}

# Rows whose address names nothing: what they are about is sent.
IN_BODY = (
    "",
    "code",
    "laptop_in_body",
    "laptop_in_form",
    "devices_and_group",
    "csv",
    "pair",
    "sharer",
    "new_assignment",
    "license_for_sam",
)

# Who is in no session.
OUTSIDERS = ("otto", "ada", "mallory", "operator", "nobody")


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_the_door_answers_everybody_as_the_table_says(door, people, prepare):
    place = prepare(door)
    expected = dict(zip(ACTORS, door.answers, strict=True))
    # The refused first: what they leave behind must be what the others find.
    order = sorted(ACTORS, key=lambda actor: (expected[actor] < 400, ACTORS.index(actor)))
    for actor in order:
        before = _rows()
        answer = _ask(door, people[actor], place.args, place.body)
        assert answer.status_code == expected[actor], f"{actor} at {door}"
        if expected[actor] >= 400 and door.of not in ("", "picture"):
            assert _rows() == before, f"{actor} was refused at {door} and changed something"
        if actor == "nobody" and expected[actor] == 302 and door.name != "tenants:language":
            assert answer["Location"].startswith(reverse("account_login")), door


@pytest.mark.parametrize(
    "door",
    [d for d in DOORS if d.of not in IN_BODY and not d.by_app],
    ids=str,
)
def test_what_is_not_yours_answers_like_what_does_not_exist(door, people, prepare):
    place = prepare(door)
    absent = uuid.uuid4()
    expected = dict(zip(ACTORS, door.answers, strict=True))
    compared = 0
    for actor in OUTSIDERS:
        if expected[actor] == 403 and actor == "mallory":
            continue  # she administers nothing, and is told so whatever she asks for
        if expected[actor] != 404 and actor == "ada":
            continue  # she may read the tenant's reports, and manages its devices
        if expected[actor] == 200 and door.of == "picture":
            continue  # people of the tenant see each other
        theirs = _said(_ask(door, people[actor], place.args, place.body), place.args[0])
        # An address can name more than one thing, as a licence and a seat of it; the first one is not there.
        nothing = _said(_ask(door, people[actor], (absent, *place.args[1:]), place.body), absent)
        assert theirs == nothing, f"{actor} can tell at {door}"
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize("name", ["help_sessions:redeem", "api:redeem"])
def test_the_code_of_another_tenant_answers_like_one_that_does_not_exist(name, people, prepare):
    """S2, T3"""
    (door,) = (d for d in DOORS if d.name == name)
    code = str(prepare(door).body["code"])
    unknown = "2222-2222" if not code.startswith("2222") else "3333-3333"

    mallory = people["mallory"]
    theirs = _said(_ask(door, mallory, (), {"code": code}), code)
    nothing = _said(_ask(door, mallory, (), {"code": unknown}), unknown)
    assert theirs == nothing


@pytest.mark.parametrize("door", [d for d in DOORS if d.method == "POST"], ids=str)
def test_what_changes_something_is_not_had_by_a_link(door, people, prepare):
    place = prepare(door)
    if any(d.method == "GET" and d.name == door.name for d in DOORS):
        return  # the same address shows something too
    before = _rows()
    client = Client()
    # Whoever may not come in at all is not told which methods there are.
    client.force_login(people["ada" if door.answers[0] == 403 else "hanna"])
    assert client.get(reverse(door.name, args=place.args)).status_code == 405
    assert _rows() == before


@pytest.mark.parametrize("door", [d for d in DOORS if d.method != "GET"], ids=str)
def test_a_foreign_page_cannot_press_the_button(door, people, prepare):
    """Without the token of our own form nothing happens."""
    place = prepare(door)
    before = _rows()
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["hanna"])
    address = reverse(door.name, args=place.args)
    if door.is_api:
        said = json.dumps(place.body, default=str)
        answer = client.generic(door.method, address, said, content_type="application/json")
    else:
        answer = client.post(address, place.body)
    assert answer.status_code == 403
    assert _rows() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("actor", ACTORS)
def test_the_socket_lets_in_whom_the_table_says(actor, people, connecting):
    wire = Wire()
    try:
        socket = wire.knock(people[actor], connecting)
        let_in = dict(zip(ACTORS, SOCKETS["session_socket"], strict=True))[actor]
        assert socket.open() is let_in
    finally:
        wire.close()


def _handshake(person: User | None) -> list[tuple[bytes, bytes]]:
    if person is None:
        return [(b"host", b"testserver")]
    app = DeviceApp(person)
    if person.tenant is not None:
        app.is_on(make_device(person.tenant, owner=person))
    return app.handshake()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("actor", ACTORS)
def test_the_socket_of_a_device_lets_in_whom_the_table_says(actor, people):
    wire = Wire()
    try:
        socket = wire.knock(None, "/ws/device/", headers=_handshake(people[actor]))
        let_in = dict(zip(ACTORS, SOCKETS["device_socket"], strict=True))[actor]
        assert socket.open() is let_in
    finally:
        wire.close()


@pytest.mark.django_db(transaction=True)
def test_the_socket_lets_nobody_into_an_ended_session_or_from_a_foreign_page(
    people, active, hanna, sam
):
    wire = Wire()
    try:
        assert not wire.knock(hanna, active, origin="http://elsewhere.example").open()
        services.leave_session(actor=sam, session=active)
        assert not wire.knock(hanna, active).open()
        assert not wire.knock(hanna, uuid.uuid4()).open()
    finally:
        wire.close()
