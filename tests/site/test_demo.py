from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from apps.common.clock import now
from apps.licenses.models import License
from apps.roles.models import Action
from apps.sessions.eligibility import decision_on
from apps.sessions.models import HelpSession, SessionEvent
from apps.sessions.states import EndReason, State, may_step
from apps.tenants.models import Tenant, User
from remotehelp_site import demo
from tests.factories import make_tenant

URL = "http://127.0.0.1:9"
ROLES = {
    "helper",
    "helper_view_only",
    "sharer",
    "tenant_admin",
    "site_operator",
    "other_tenant_helper",
}


@pytest.fixture
def var(db: None, settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def sign_in(address: str, password: str) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": address, "password": password})
    return client


def person(role: str) -> User:
    (address,) = {
        s["sign_in"]
        for s in json.loads(Path(demo_file()).read_text())["people"]
        if s["role"] == role
    }
    return User.objects.get(email=address)


def demo_file() -> Path:
    from django.conf import settings

    return Path(settings.VAR_DIR, "demo.json")


def test_everybody_in_the_demo_file_can_sign_in(var: Path):
    sign_ins = demo.prepare(URL)
    assert {s["role"] for s in sign_ins} >= ROLES
    assert len({s["password"] for s in sign_ins}) == len(sign_ins)
    for sign_in_ in sign_ins:
        client = sign_in(sign_in_["sign_in"], sign_in_["password"])
        assert "_auth_user_id" in client.session, sign_in_["role"]
    assert "_auth_user_id" not in sign_in(sign_ins[0]["sign_in"], "not the password").session


def test_the_demo_file_is_for_its_owner_only_and_has_the_promised_shape(var: Path):
    demo.prepare(URL)
    path = var / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = json.loads(path.read_text())
    assert set(content) == {"url", "people"}
    assert content["url"] == URL
    assert all(set(p) == {"role", "sign_in", "password", "name"} for p in content["people"])


def test_a_second_start_changes_nothing_but_the_address(var: Path):
    first = demo.prepare(URL)
    counts = [model.objects.count() for model in (Tenant, User, HelpSession, SessionEvent, License)]
    hashes = set(User.objects.values_list("password", flat=True))
    second = demo.prepare("http://127.0.0.1:10")
    assert second == first
    assert counts == [
        model.objects.count() for model in (Tenant, User, HelpSession, SessionEvent, License)
    ]
    assert set(User.objects.values_list("password", flat=True)) == hashes
    assert json.loads((var / "demo.json").read_text())["url"] == "http://127.0.0.1:10"


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"people": 3}'])
def test_a_lost_or_broken_file_means_new_passwords_that_work(var: Path, content: str | None):
    (old, *_rest) = demo.prepare(URL)
    path = var / "demo.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    (new, *_rest) = demo.prepare(URL)
    assert new["password"] != old["password"]
    assert "_auth_user_id" in sign_in(new["sign_in"], new["password"]).session
    assert "_auth_user_id" not in sign_in(old["sign_in"], old["password"]).session


def test_a_password_that_was_changed_is_what_the_file_says_again_after_a_start(var: Path):
    (helper, *_rest) = demo.prepare(URL)
    changed = User.objects.get(email=helper["sign_in"])
    changed.set_password("something else entirely")
    changed.save()
    demo.prepare(URL)
    assert "_auth_user_id" in sign_in(helper["sign_in"], helper["password"]).session


def test_passwords_are_never_the_same_in_two_installs(var: Path, tmp_path: Path, settings):
    first = demo.prepare(URL)
    settings.VAR_DIR = tmp_path / "other"
    settings.VAR_DIR.mkdir()
    second = demo.prepare(URL)
    assert not {s["password"] for s in first} & {s["password"] for s in second}


def may(helper: User, sharer: User, action: Action) -> bool:
    decision = decision_on(helper_id=helper.pk, sharer_id=sharer.pk, device_id=None, action=action)
    return decision.refusal is None


def test_the_roles_of_the_demo_are_what_they_are_called(var: Path):
    demo.prepare(URL)
    helper, viewer, sharer = person("helper"), person("helper_view_only"), person("sharer")
    assert may(helper, sharer, Action.VIEW_SCREEN)
    assert may(helper, sharer, Action.FULL_CONTROL)
    assert may(viewer, sharer, Action.VIEW_SCREEN)
    assert not may(viewer, sharer, Action.FULL_CONTROL)
    assert not may(helper, person("sharer_without_seat"), Action.VIEW_SCREEN)
    assert not may(person("other_tenant_helper"), sharer, Action.VIEW_SCREEN)
    admin = person("tenant_admin")
    assert admin.has_perm("tenants.view_reports", admin.tenant)
    operator = person("site_operator")
    assert operator.is_superuser
    assert operator.tenant is None


def test_past_sessions_walked_the_state_table_within_the_last_month(var: Path):
    demo.prepare(URL)
    sessions = list(HelpSession.objects.prefetch_related("events"))
    assert len(sessions) > 50
    assert {s.end_reason for s in sessions} == set(EndReason.values)
    for session in sessions:
        events = list(session.events.all())
        steps = [(e.old, e.new) for e in events if e.old]
        assert steps, session.pk
        assert all(may_step(State(old), State(new)) for old, new in steps)
        assert [old for old, _new in steps[1:]] == [new for _old, new in steps[:-1]]
        begun = "opened_on_device" if session.aimed_at else "opened"
        assert (events[0].name, events[-1].new) == (begun, State.ENDED)
        assert session.ended_at == events[-1].at
        assert session.ended_at < now()
        assert (now() - session.opened_at).days < 30
        assert [e.at for e in events] == sorted(e.at for e in events)
        people = {session.helper, session.sharer} - {None}
        assert {p.tenant_id for p in people if p} == {session.tenant_id}


def test_production_and_real_organisations_are_refused(var: Path, settings):
    make_tenant("Real")
    with pytest.raises(demo.DemoRefusedError, match="real organisations"):
        demo.prepare(URL)
    Tenant.objects.all().delete()
    settings.REMOTEHELP_EMBEDDED = False
    with pytest.raises(demo.DemoRefusedError, match="never for production"):
        demo.prepare(URL)
    assert not User.objects.exists()
    assert not (var / "demo.json").exists()
