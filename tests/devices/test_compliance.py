"""Compliance policies as an administrator keeps them: on pages and over the API, seen beforehand, asked of many (D2)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.clock import now
from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError
from apps.devices import later, services, tasks
from apps.devices.findings import DeviceFacts, look
from apps.devices.forecast import Wanted, forecast
from apps.devices.models import Device, DeviceReport, Enrolment, Evaluation, Policy, PolicyResult
from apps.devices.rows import DeviceFilters, device_rows
from apps.devices.selectors import failed_policies, is_compliant, policy_state
from apps.sessions.states import State
from apps.tenants.models import AuditEntry, Tenant
from apps.tenants.services import change_settings
from tests.factories import make_device, make_group, make_session

Rule = Policy.Rule
POLICIES = "/administration/compliance/"
API = "/api/v1/compliance-policies/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


def make_policy(tenant: Tenant, rule: str = Rule.FIREWALL, value: str = "", **more: Any) -> Policy:
    more.setdefault("covers_all_devices", not more.get("groups"))
    more.setdefault("name", f"{rule} {value}")
    return services.create_policy(actor=None, tenant=tenant, rule=rule, value=value, **more)


def tell(device: Device, app_version: str = "1.4.0", **facts: Any) -> Device:
    said = DeviceFacts(**({"system_version": "12"} | facts))
    return services.report_device(device=device, app_version=app_version, facts=said)


def ask(policy: Policy) -> int:
    return services.evaluate_policy(policy=policy)


def _failed(device: Device) -> list[str]:
    return [failed.name for failed in failed_policies(device)]


# --- the rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needed", "found", "is_met"),
    [
        ("9.99", "10.0.22467.1000", True),
        ("10.0.22467.1000", "9.99", False),
        ("10.0.22467.1000", "10.0.22467.1000", True),
        ("10.0.22467.1000", "10.0.22467.999", False),
        ("1.10", "1.9.9", False),
        ("1.4", "1.4.0", True),
    ],
)
def test_versions_of_system_and_app_are_compared_part_by_part(needed, found, is_met):
    by_system = look(Rule.SYSTEM_VERSION, needed, DeviceFacts(system_version=found))
    by_app = look(Rule.APP_VERSION, needed, DeviceFacts(app_version=found))
    assert by_system.is_met is by_app.is_met is is_met


def test_the_app_and_the_updates_are_asked_about_too(contoso, sams_laptop):
    make_policy(contoso, Rule.APP_VERSION, "1.10", name="App")
    make_policy(contoso, Rule.UPDATES_PENDING, "3", name="Updates")
    tell(sams_laptop, app_version="1.9", updates_pending=4)
    assert {row.name: (row.rule, row.found) for row in failed_policies(sams_laptop)} == {
        "App": ("The device app has at least version 1.10.", "The app version is 1.9."),
        "Updates": ("At most 3 updates are pending.", "4 updates are pending."),
    }
    tell(sams_laptop, app_version="1.10", updates_pending=3)
    assert is_compliant(sams_laptop, is_enrolled=True)
    tell(sams_laptop, app_version="1.10")
    assert _failed(sams_laptop) == ["Updates"], "what the app cannot tell is not met"


def test_a_policy_for_one_system_says_nothing_of_others(contoso, sams_laptop, ada):
    policy = make_policy(contoso, Rule.SYSTEM_VERSION, "10.0", system="windows")
    tell(sams_laptop)
    assert ask(policy) == 0
    assert is_compliant(sams_laptop, is_enrolled=True)
    Device.objects.update(system="windows")
    sams_laptop.refresh_from_db()
    assert ask(policy) == 1
    assert not failed_policies(sams_laptop)
    services.change_policy(
        actor=ada,
        policy=policy,
        name="Newer",
        rule=Rule.SYSTEM_VERSION,
        value="12.1",
        system="windows",
        covers_all_devices=True,
    )
    assert ask(policy) == 1
    assert _failed(sams_laptop) == ["Newer"]
    (row,) = device_rows(ada, DeviceFilters())
    assert vars(row)["is_compliant_now"] is is_compliant(sams_laptop, is_enrolled=True)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"rule": Rule.SYSTEM_VERSION, "value": ""}, "value"),
        ({"rule": Rule.SYSTEM_VERSION, "value": "newest"}, "value"),
        ({"rule": Rule.APP_VERSION, "value": "1.4.0-beta"}, "value"),
        ({"rule": Rule.UPDATE_AGE, "value": "-3"}, "value"),
        ({"rule": Rule.UPDATE_AGE, "value": "٣"}, "value"),
        ({"rule": Rule.UPDATES_PENDING, "value": "100001"}, "value"),
        ({"rule": "is_nice"}, "rule"),
        ({"system": "beos"}, "system"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "TAKEN"}, "name"),
        ({"covers_all_devices": False}, "groups"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_beside_its_field(ada, contoso, given, field):
    make_policy(contoso, name="Taken")
    sound = {"name": "P", "rule": Rule.FIREWALL, "value": "", "covers_all_devices": True}
    said: dict[str, Any] = sound | given
    with pytest.raises(InvalidError) as refusal:
        services.create_policy(actor=ada, tenant=contoso, **said)
    assert set(refusal.value.fields) == {field}
    assert Policy.objects.count() == 1


def test_policies_are_for_administrators_of_the_tenant(ada, hanna, mallory, contoso, fabrikam):
    policy = make_policy(contoso)
    said: dict[str, Any] = {
        "name": "Other",
        "rule": Rule.SCREEN_LOCK,
        "covers_all_devices": True,
    }
    for actor in (hanna, mallory):
        for act in (
            lambda a=actor: services.create_policy(actor=a, tenant=contoso, **said),
            lambda a=actor: services.change_policy(actor=a, policy=policy, **said),
            lambda a=actor: services.delete_policy(actor=a, policy=policy),
            lambda a=actor: services.ask_policy_again(actor=a, policy=policy),
        ):
            with pytest.raises(NotAllowedError):
                act()
    with pytest.raises(NotAllowedError):
        services.change_policy(
            actor=ada, policy=policy, **said | {"groups": [make_group(fabrikam)]}
        )
    assert Policy.objects.get().name == policy.name


def test_the_second_of_two_administrators_is_refused_and_a_policy_that_is_gone_says_so(
    ada, contoso
):
    policy = make_policy(contoso)
    seen = fingerprint(policy_state(policy))
    said: dict[str, Any] = {"rule": Rule.SCREEN_LOCK, "covers_all_devices": True}
    services.change_policy(actor=ada, policy=policy, name="First", seen=seen, **said)
    with pytest.raises(ChangedMeanwhileError):
        services.change_policy(actor=ada, policy=policy, name="Second", seen=seen, **said)
    assert Policy.objects.get().name == "First"
    services.delete_policy(actor=ada, policy=policy)
    for act in (services.delete_policy, services.ask_policy_again):
        with pytest.raises(NotFoundError):
            act(actor=ada, policy=policy)


# --- asking many ----------------------------------------------------------------------------------


def test_a_new_policy_closes_nobody_off_before_it_was_asked_and_not_for_ever(
    ada, contoso, sams_laptop, clock, settings
):
    tell(sams_laptop, firewall=False)
    policy = make_policy(contoso)

    def stands() -> bool:
        (row,) = device_rows(ada, DeviceFilters())
        assert vars(row)["is_compliant_now"] is is_compliant(sams_laptop, is_enrolled=True)
        return is_compliant(sams_laptop, is_enrolled=True)

    assert stands(), "it is being asked"
    clock.shift(settings.REMOTEHELP_EVALUATION_WITHIN)
    assert not stands(), "nobody asked it: what has no answer is not met"
    assert ask(policy) == 1
    assert not stands()
    tell(sams_laptop, firewall=True)
    assert stands()


def test_an_evaluation_tells_how_far_it_has_come_and_that_it_has_ended(contoso, sam, monkeypatch):
    monkeypatch.setattr("apps.devices.services.compliance._AT_ONCE", 2)
    for _ in range(5):
        tell(make_device(contoso, owner=sam), firewall=True)
    policy = make_policy(contoso)
    row = Evaluation.objects.get(policy=policy)
    assert (row.total, row.done, row.ended_at, row.percent) == (None, 0, None, 0)
    assert ask(policy) == 5
    row.refresh_from_db()
    assert (row.total, row.done, row.percent) == (5, 5, 100)
    assert row.ended_at is not None
    assert services.due_policies() == []


def test_two_workers_do_not_ask_at_once_and_a_dead_one_is_followed(contoso, sams_laptop, clock):
    tell(sams_laptop, firewall=True)
    policy = make_policy(contoso)
    Evaluation.objects.update(claimed_at=now())
    assert ask(policy) == 0
    assert services.due_policies() == []
    clock.shift(timedelta(minutes=2))
    assert services.due_policies() == [policy]
    assert tasks.finish_evaluations() == 1
    assert PolicyResult.objects.filter(policy=policy, is_met=True).exists()
    assert tasks.finish_evaluations() == 0


def test_a_policy_that_changes_while_it_is_asked_is_asked_by_what_it_is_now(
    ada, contoso, sam, monkeypatch
):
    """The one who asks the old one stops; what waits is done by the next."""
    monkeypatch.setattr("apps.devices.services.compliance._AT_ONCE", 1)
    for _ in range(3):
        tell(make_device(contoso, owner=sam), firewall=False, screen_lock=True)
    policy = make_policy(contoso)
    step = services.compliance._evaluate_some
    changed: list[Policy] = []

    def change_in_between(policy_id: Any, after: Any) -> Any:
        done = step(policy_id, after)
        if not changed:
            changed.append(
                services.change_policy(
                    actor=ada,
                    policy=policy,
                    name="Lock",
                    rule=Rule.SCREEN_LOCK,
                    covers_all_devices=True,
                )
            )
        return done

    monkeypatch.setattr("apps.devices.services.compliance._evaluate_some", change_in_between)
    assert ask(policy) == 1
    assert services.due_policies() == changed
    assert tasks.finish_evaluations() == 1
    assert PolicyResult.objects.filter(policy=policy, is_met=True).count() == 3


def test_a_policy_that_goes_while_it_is_asked_ends_quietly(ada, contoso, sams_laptop, monkeypatch):
    tell(sams_laptop)
    policy = make_policy(contoso)
    stale = Policy.objects.get(pk=policy.pk)
    step = services.compliance._evaluate_some

    def go_first(policy_id: Any, after: Any) -> Any:
        Policy.objects.all().delete()
        return step(policy_id, after)

    monkeypatch.setattr("apps.devices.services.compliance._evaluate_some", go_first)
    assert ask(stale) == 0
    assert not PolicyResult.objects.exists()


def test_updates_grow_old_by_themselves_and_are_asked_about_once_a_day(contoso, sams_laptop, clock):
    tell(sams_laptop, update_age_days=30)
    policy = make_policy(contoso, Rule.UPDATE_AGE, "30")
    ask(policy)
    assert is_compliant(sams_laptop, is_enrolled=True)
    clock.shift(timedelta(hours=23))
    assert tasks.finish_evaluations() == 0
    clock.shift(timedelta(hours=2))
    assert tasks.finish_evaluations() == 1
    assert _failed(sams_laptop) == [policy.name]


def test_a_device_that_joins_a_group_is_asked_at_once_and_many_by_the_worker(
    ada, contoso, sam, sams_laptop
):
    group = make_group(contoso, "Fleet")
    policy = make_policy(contoso, groups=[group])
    tell(sams_laptop, firewall=False)
    ask(policy)
    services.change_device(actor=ada, device=sams_laptop, note="", groups=[group])
    assert _failed(sams_laptop) == [policy.name]
    others = [tell(make_device(contoso, owner=sam), firewall=False) for _ in range(21)]
    assert services.add_to_group(actor=ada, devices=[sams_laptop, *others], group=group) == 21
    assert services.due_policies() == [policy]
    assert is_compliant(others[0], is_enrolled=True), "it is being asked"
    assert tasks.finish_evaluations() == 1
    assert _failed(others[0]) == [policy.name]
    assert services.add_to_group(actor=ada, devices=others, group=group) == 0
    services.change_device(actor=ada, device=sams_laptop, note="", groups=[])
    assert is_compliant(sams_laptop, is_enrolled=True)


def test_a_retired_device_that_is_enrolled_again_is_asked(ada, contoso, sams_laptop):
    tell(sams_laptop, firewall=False)
    services.change_enrolment(actor=ada, device=sams_laptop, enrolment=Enrolment.UNENROLLED)
    ask(make_policy(contoso))
    assert not PolicyResult.objects.exists()
    services.change_enrolment(actor=ada, device=sams_laptop, enrolment=Enrolment.ENROLLED)
    assert PolicyResult.objects.get().is_met is False


# --- what a policy would do -----------------------------------------------------------------------


def wanted(rule: str = Rule.FIREWALL, value: str = "", **more: Any) -> Wanted:
    sound = {"system": "", "covers_all_devices": True, "groups": frozenset[Any]()}
    given: dict[str, Any] = sound | more
    return Wanted(rule=rule, value=value, **given)


def _devices_of_every_kind(tenant: Tenant, group: Any, owner: Any) -> None:
    for number in range(16):
        device = make_device(
            tenant,
            name=f"d{number:02}",
            owner=owner,
            enrolment=Enrolment.ENROLLED if number & 1 else Enrolment.UNENROLLED,
        )
        if number & 2:
            device.groups.add(group)
        if number & 4:
            tell(device, firewall=bool(number & 8), screen_lock=not number & 8)


def _make_true(actor: Any, policy: Policy | None, change: dict[str, Any] | None) -> None:
    """The change itself, and the evaluation that follows it."""
    if change is None:
        assert policy is not None
        services.delete_policy(actor=actor, policy=policy)
    elif policy is None:
        ask(services.create_policy(actor=actor, tenant=actor.tenant, name="New", **change))
    else:
        ask(services.change_policy(actor=actor, policy=policy, name=policy.name, **change))


@pytest.mark.parametrize(
    ("is_new", "change"),
    [
        (True, {"rule": Rule.FIREWALL, "covers_all_devices": True}),
        (True, {"rule": Rule.FIREWALL, "system": "linux"}),
        (True, {"rule": Rule.FIREWALL, "system": "windows"}),
        (False, {"rule": Rule.FIREWALL, "covers_all_devices": True}),
        (False, {"rule": Rule.FIREWALL}),
        (False, {"rule": Rule.UPDATE_AGE, "value": "9", "system": "windows"}),
        (False, None),
    ],
)
def test_the_forecast_is_what_then_comes_true(ada, contoso, sam, fabrikam, is_new, change):
    """A change of a policy over every kind of device: foreseen, made, evaluated, compared."""
    group = make_group(contoso, "Some")
    _devices_of_every_kind(contoso, group, sam)
    tell(make_device(fabrikam), firewall=True)
    lock = make_policy(contoso, Rule.SCREEN_LOCK, name="Lock", groups=[group])
    ask(lock)

    def compliant() -> set[Any]:
        return {row.pk for row in device_rows(ada, DeviceFilters(is_compliant=True))}

    groups = [] if change is None or change.get("covers_all_devices") else [group]
    before = compliant()
    asked = None
    if change is not None:
        ids = frozenset(one.pk for one in groups)
        asked = wanted(**{"covers_all_devices": False} | change | {"groups": ids})
    policy = None if is_new else lock
    foreseen = forecast(contoso.pk, wanted=asked, policy=policy)
    _make_true(ada, policy, None if change is None else change | {"groups": groups})
    after = compliant()
    assert set(foreseen.gained) == after - before
    assert set(foreseen.lost) == before - after
    assert (foreseen.compliant_before, foreseen.compliant_after) == (len(before), len(after))


def test_a_forecast_is_one_query_however_many_devices(contoso, sam, django_assert_num_queries):
    for _ in range(3):
        tell(make_device(contoso, owner=sam), firewall=False)
    with django_assert_num_queries(1):
        found = forecast(contoso.pk, wanted=wanted())
    assert (len(found.lost), found.covered, found.silent) == (3, 3, 0)


# --- pages ----------------------------------------------------------------------------------------


def test_a_policy_is_made_after_a_preview_that_says_whom_it_closes_off(
    page, ada, contoso, hanna, sam, sams_laptop
):
    """The walk: form, preview with conditional access on, save, evaluation, the device's page."""
    tell(sams_laptop, firewall=False)
    change_settings(
        actor=ada,
        tenant=contoso,
        is_compliance_required=True,
        are_unenrolled_devices_allowed=False,
    )
    said = {"name": "Walls", "rule": "firewall", "covers_all_devices": "on"}
    shown = text_of(page.post(f"{POLICIES}new/", {**said, "preview": "1"}))
    assert 'data-lost="1"' in shown
    assert "sams-laptop" in shown
    assert "Hanna Helper (1/1)" in shown
    assert not Policy.objects.exists()

    made = page.post(f"{POLICIES}new/", said)
    policy = Policy.objects.get()
    assert made["Location"] == f"{POLICIES}{policy.pk}/"
    running = text_of(page.get(made["Location"]))
    assert 'data-evaluation="running"' in running
    tasks.evaluate_policy(str(policy.pk))
    part = text_of(page.get(made["Location"], headers={"HX-Request": "true"}))
    assert 'data-evaluation="done"' in part
    assert "<h1>" not in part
    assert f"?policy={policy.pk}" in part
    assert _failed(sams_laptop) == ["Walls"]
    entry = AuditEntry.objects.filter(target_kind="devices.policy").get()
    assert (entry.actor, entry.facts["target"]) == (ada, "Walls")


def test_without_conditional_access_the_preview_says_that_nobody_is_closed_off(page, contoso):
    said = {"name": "Walls", "rule": "firewall", "covers_all_devices": "on", "preview": "1"}
    assert "nobody is closed off" in text_of(page.post(f"{POLICIES}new/", said))


def test_the_list_narrows_and_an_empty_one_says_the_next_step(page, contoso, fabrikam):
    assert "every enrolled device is compliant" in text_of(page.get(POLICIES))
    make_policy(contoso, name="Walls")
    make_policy(contoso, Rule.SYSTEM_VERSION, "10.0", name="Windows", system="windows")
    make_policy(fabrikam, name="Theirs")
    shown = text_of(page.get(POLICIES))
    assert "Walls" in shown
    assert "The system has at least version 10.0." in shown
    assert "Theirs" not in shown
    for query, name in (({"rule": "firewall"}, "Walls"), ({"system": "windows"}, "Windows")):
        shown = text_of(page.get(POLICIES, query))
        assert [one for one in ("Walls", "Windows") if f">{one}</a>" in shown] == [name]
    assert page.get(POLICIES, {"rule": "nice"}).status_code == 400


def test_what_is_wrong_is_said_beside_the_field_and_while_one_fills_it_in(page, contoso):
    said = {"name": "P", "rule": "system_version", "value": "new", "covers_all_devices": "on"}
    checked = page.post(f"{POLICIES}new/", said, headers={"X-Check": "value"})
    assert checked.json()["errors"] == ["Enter a version in numbers, such as 10.0.22467.1000."]
    assert page.post(f"{POLICIES}new/", said).status_code == 400
    nobody = {"name": "P", "rule": "firewall"}
    answer = page.post(f"{POLICIES}new/", nobody)
    assert answer.status_code == 400
    assert "Choose all devices, or at least one group" in text_of(answer)
    assert not Policy.objects.exists()


def test_groups_of_another_tenant_are_no_choice(page, contoso, fabrikam):
    """T3."""
    theirs = make_group(fabrikam, "Theirs")
    answer = page.post(f"{POLICIES}new/", {"name": "P", "rule": "firewall", "groups": [theirs.pk]})
    assert answer.status_code == 400
    assert "Theirs" not in text_of(answer)


def test_a_policy_is_changed_over_a_conflict_and_deleted_after_a_question(
    page, ada, contoso, sams_laptop
):
    tell(sams_laptop, firewall=False)
    policy = make_policy(contoso, name="Walls")
    ask(policy)
    address = f"{POLICIES}{policy.pk}/"
    form = text_of(page.get(f"{address}change/"))
    version = re.search(r'name="version" value="(\w+)"', form)
    assert version is not None
    services.change_policy(
        actor=ada, policy=policy, name="Theirs", rule=Rule.FIREWALL, covers_all_devices=True
    )
    said = {"name": "Mine", "rule": "screen_lock", "covers_all_devices": "on"}
    answer = page.post(f"{address}change/", {**said, "version": version[1]})
    assert answer.status_code == 409
    assert "<td>Theirs</td><td>Mine</td>" in text_of(answer)
    again = re.search(r'name="version" value="(\w+)"', text_of(answer))
    assert again is not None
    assert page.post(f"{address}change/", {**said, "version": again[1]}).status_code == 302
    ask(policy)
    question = text_of(page.get(f"{address}delete/"))
    assert "Delete Mine?" in question
    assert "1 device becomes compliant by it." in question
    assert page.post(f"{address}delete/")["Location"] == POLICIES
    assert not Policy.objects.exists()
    assert page.get(address).status_code == 404
    assert is_compliant(sams_laptop, is_enrolled=True)


def test_the_pages_take_the_same_number_of_queries_however_much_there_is(page, contoso, sam):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(address).status_code == 200
        return len(captured)

    policy = make_policy(contoso, groups=[make_group(contoso)])
    addresses = (POLICIES, f"{POLICIES}{policy.pk}/")
    before = [queries(address) for address in addresses]
    for number in range(5):
        make_policy(contoso, name=f"P{number}", groups=[make_group(contoso)])
        tell(make_device(contoso, owner=sam))
    assert [queries(address) for address in addresses] == before
    assert max(before) <= 16, before


# --- sessions -------------------------------------------------------------------------------------


def test_a_running_session_ends_when_its_device_fails_and_not_before(
    ada, contoso, hanna, sam, sams_laptop, django_capture_on_commit_callbacks
):
    """T6: the ground is asked about when the answer is there."""
    tell(sams_laptop, firewall=False, screen_lock=True)
    change_settings(actor=ada, tenant=contoso, is_compliance_required=True)
    session = make_session(hanna, sam, State.ACTIVE, device=sams_laptop)
    with django_capture_on_commit_callbacks(execute=True):
        fine = make_policy(contoso, Rule.SCREEN_LOCK)
    with django_capture_on_commit_callbacks(execute=True):
        ask(fine)
    with django_capture_on_commit_callbacks(execute=True):
        walls = make_policy(contoso)
    session.refresh_from_db()
    assert session.state == State.ACTIVE
    with django_capture_on_commit_callbacks(execute=True):
        ask(walls)
    session.refresh_from_db()
    assert session.state == State.ENDED


# --- API ------------------------------------------------------------------------------------------


@pytest.fixture
def api(page):
    def ask_api(method: str, address: str, body: Any = None) -> Any:
        return page.generic(
            method, address, json.dumps(body or {}), content_type="application/json"
        )

    return ask_api


def test_a_policy_lives_over_http(api, page, contoso, sams_laptop):
    tell(sams_laptop, firewall=False)
    said = {"name": "Walls", "rule": "firewall", "covers_all_devices": True}
    foreseen = api("POST", f"{API}preview/", said).json()
    assert (foreseen["number_lost"], foreseen["lost"]) == (1, ["sams-laptop"])
    assert foreseen["effect"]["differences"] == []
    made = api("POST", API, said)
    assert made.status_code == 201
    row = made.json()
    assert row["evaluation"]["ended_at"] is None
    address = f"{API}{row['id']}/"
    tasks.evaluate_policy(row["id"])
    row = api("GET", address).json()
    assert row["devices"] == {"covered": 1, "met": 0, "unmet": 1, "silent": 0}
    changed = {**said, "rule": "update_age", "value": "30", "version": row["version"]}
    assert api("PUT", address, changed).status_code == 200
    again = api("PUT", address, changed)
    assert (again.status_code, again.json()["code"]) == (409, "changed_meanwhile")
    del changed["version"]
    assert api("PUT", address, changed).json()["value"] == "30"
    assert api("PUT", address, changed).status_code == 200, "the same, however often"
    bad = api("PUT", address, {**changed, "value": "soon"})
    assert (bad.status_code, list(bad.json()["fields"])) == (400, ["value"])
    assert [one["name"] for one in api("GET", API).json()["policies"]] == ["Walls"]
    assert api("POST", f"{address}evaluate/").status_code == 202
    tasks.finish_evaluations()
    assert api("GET", f"{address}removal-preview/").json()["number_gained"] == 1
    assert api("DELETE", address).status_code == 204
    assert api("GET", address).status_code == 404


def test_ids_of_another_tenant_are_ids_of_nothing_over_http(api, contoso, fabrikam):
    """T3."""
    theirs = make_policy(fabrikam)
    said = {"name": "P", "rule": "firewall", "groups": [str(make_group(fabrikam).pk)]}
    refused = api("POST", API, said)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["groups"])
    for method, more in (("GET", ""), ("DELETE", ""), ("POST", "evaluate/")):
        assert api(method, f"{API}{theirs.pk}/{more}").status_code == 404
    assert Policy.objects.get() == theirs


def test_a_list_is_paged_by_name(api, contoso):
    for name in ("C", "a", "B"):
        make_policy(contoso, name=name)
    first = api("GET", f"{API}?limit=2").json()
    rest = api("GET", f"{API}?limit=2&cursor={first['next_cursor']}").json()
    names = [one["name"] for one in (*first["policies"], *rest["policies"])]
    assert sorted(names) == ["B", "C", "a"]
    assert rest["next_cursor"] == ""


def test_the_worker_is_asked_by_the_names_that_its_tasks_have():
    assert tasks.evaluate_policy.name == later.EVALUATE
    assert tasks.finish_evaluations.name == later.FINISH


def test_a_report_without_the_new_fact_is_taken(sams_laptop, sam):
    """Apps of before say nothing of updates that are pending."""
    DeviceReport.objects.all().delete()
    tell(sams_laptop)
    assert DeviceReport.objects.get().updates_pending is None
