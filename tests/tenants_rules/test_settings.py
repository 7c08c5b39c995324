from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import InvalidError, NotAllowedError
from apps.devices.models import Enrolment
from apps.roles.models import Action
from apps.sessions.eligibility import CheckName, decision_on
from apps.sessions.models import HelpSession
from apps.sessions.services import end_due_sessions, open_session
from apps.sessions.states import EndReason, State
from apps.tenants import selectors
from apps.tenants.models import AuditEntry, Tenant
from apps.tenants.services import change_settings
from tests.factories import make_device, make_group, make_session


def test_codes_are_valid_for_as_long_as_the_organisation_says(ada, contoso, hanna, clock):
    change_settings(actor=ada, tenant=contoso, code_valid_minutes=3)
    opened = open_session(actor=hanna)
    assert opened.expires_at == opened.session.opened_at + timedelta(minutes=3)
    assert opened.session.expires_at == opened.expires_at
    for minutes in (1, 31, -5):
        with pytest.raises(InvalidError) as refusal:
            change_settings(actor=ada, tenant=contoso, code_valid_minutes=minutes)
        assert set(refusal.value.fields) == {"code_valid_minutes"}


def test_a_session_ends_when_its_longest_time_is_over(ada, contoso, hanna, sam, clock):
    unlimited = make_session(hanna, sam, State.ACTIVE)
    change_settings(actor=ada, tenant=contoso, longest_session_minutes=15)
    limited = make_session(hanna, sam, State.ACTIVE)
    HelpSession.objects.update(helper_seen_at=None, sharer_seen_at=None)
    clock.shift(timedelta(minutes=15) - timedelta(seconds=1))
    end_due_sessions()
    assert HelpSession.objects.get(pk=limited.pk).state == State.ACTIVE
    clock.shift(timedelta(seconds=1))
    end_due_sessions()
    ended = HelpSession.objects.get(pk=limited.pk)
    assert (ended.state, ended.end_reason) == (State.ENDED, EndReason.TIME_LIMIT)
    assert HelpSession.objects.get(pk=unlimited.pk).state == State.ACTIVE


def test_the_first_session_is_noted_once(contoso, hanna, sam, clock):
    make_session(hanna, sam, State.CONNECTING)
    assert Tenant.objects.get(pk=contoso.pk).first_session_at is None
    make_session(hanna, sam, State.ACTIVE)
    first = Tenant.objects.get(pk=contoso.pk).first_session_at
    assert first is not None
    clock.shift(timedelta(hours=1))
    make_session(hanna, sam, State.ACTIVE)
    assert Tenant.objects.get(pk=contoso.pk).first_session_at == first


def _access(helper, sharer, device=None) -> bool:
    decision = decision_on(
        helper_id=helper.pk,
        sharer_id=sharer.pk,
        device_id=device.pk if device else None,
        action=Action.VIEW_SCREEN,
    )
    return next(c.is_passed for c in decision.checks if c.name is CheckName.CONDITIONAL_ACCESS)


def test_conditional_access_covers_the_groups_that_it_names(
    ada, contoso, hanna, sam, wilma, sams_laptop, fabrikam
):
    """T6"""
    tablet = make_device(contoso, name="wilmas-tablet", owner=wilma, enrolment=Enrolment.UNENROLLED)
    change_settings(actor=ada, tenant=contoso, is_compliance_required=True)
    assert [_access(hanna, sam), _access(hanna, wilma)] == [False, False]
    finance = make_group(contoso, "Finance", [sam])
    change_settings(actor=ada, tenant=contoso, compliance_groups=[finance])
    assert [_access(hanna, sam), _access(hanna, wilma)] == [False, True]
    assert _access(hanna, sam, sams_laptop), "the laptop is compliant"
    assert _access(hanna, wilma, tablet)
    finance.devices.add(tablet)
    assert not _access(hanna, wilma, tablet)
    change_settings(actor=ada, tenant=contoso, is_compliance_required=False)
    assert _access(hanna, sam)
    with pytest.raises(NotAllowedError):
        change_settings(actor=ada, tenant=contoso, compliance_groups=[make_group(fabrikam)])


def test_the_recommended_version_is_not_older_than_the_mandatory_one(ada, contoso):
    with pytest.raises(InvalidError):
        change_settings(
            actor=ada, tenant=contoso, recommended_app_version="1.9", mandatory_app_version="1.10"
        )
    change_settings(
        actor=ada, tenant=contoso, recommended_app_version="1.10.1", mandatory_app_version="1.10"
    )


def test_the_second_of_two_administrators_sees_what_the_first_changed(ada, contoso):
    seen = fingerprint(selectors.settings_state(contoso))
    change_settings(actor=ada, tenant=contoso, seen=seen, is_chat_enabled=False)
    with pytest.raises(ChangedMeanwhileError):
        change_settings(actor=ada, tenant=contoso, seen=seen, is_sign_out_at_end=True)
    assert not Tenant.objects.get(pk=contoso.pk).is_sign_out_at_end


# --- the page -------------------------------------------------------------------------------------

PAGE = "administration:settings"


def _form(contoso, **changes: str) -> dict[str, str]:
    state = selectors.settings_state(Tenant.objects.get(pk=contoso.pk))
    said = {
        name: "on" if value is True else str(value)
        for name, value in state.items()
        if value not in (None, False, "", [])
    }
    said["version"] = fingerprint(state)
    said.update(changes)
    return {name: value for name, value in said.items() if value != "off"}


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


def test_settings_are_saved_and_written_down(page, contoso, ada):
    make_group(contoso, "Finance")
    answer = page.post(reverse(PAGE), _form(contoso, is_chat_enabled="off"), follow=True)
    assert "The settings are saved." in answer.content.decode()
    assert not Tenant.objects.get(pk=contoso.pk).is_chat_enabled
    entry = AuditEntry.objects.filter(tenant=contoso).latest("number")
    assert entry.facts["changes"] == {"is_chat_enabled": [True, False]}
    assert page.get(reverse(PAGE)).context["form"]["is_chat_enabled"].value() is False


def test_what_ends_running_sessions_is_asked_about_first(page, contoso):
    said = _form(contoso, is_remote_help_enabled="off")
    asked = page.post(reverse(PAGE), said).content.decode()
    assert "All sessions of the organisation end now" in asked
    assert Tenant.objects.get(pk=contoso.pk).is_remote_help_enabled
    assert page.post(reverse(PAGE), {**said, "confirmed": "1"}).status_code == 302
    assert not Tenant.objects.get(pk=contoso.pk).is_remote_help_enabled


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        # Hanna may help Sam in a browser and on his laptop; Oleg only looks on.
        ({"is_remote_help_enabled": "off"}, {"view_screen": 2, "full_control": 1, "elevation": 1}),
        # The laptop remains, and Sam on it; the tablet goes.
        (
            {"are_unenrolled_devices_allowed": "off"},
            {"view_screen": 2, "full_control": 1, "elevation": 1},
        ),
        ({"is_compliance_required": "on"}, {"view_screen": 2, "full_control": 1, "elevation": 1}),
        ({"is_chat_enabled": "off"}, {}),
    ],
)
def test_a_preview_says_what_a_switch_would_close_and_saves_nothing(
    page, contoso, hanna, oleg, sam, old_tablet, changes, rows, django_capture_on_commit_callbacks
):
    running = make_session(hanna, sam, State.ACTIVE)
    entries = AuditEntry.objects.count()
    with django_capture_on_commit_callbacks() as told:
        answer = page.post(reverse(PAGE), _form(contoso, **changes, preview="1"))
    assert answer.status_code == 200
    said = answer.context["form"].preview
    assert {one.action: one.number_of_helpers for one in said.losses} == rows
    assert said.gains == ()
    assert all("Hanna Helper" in str(one.helpers) for one in said.losses)
    text = answer.content.decode()
    assert ("old-tablet" in text) is bool(rows)
    assert ("Nobody gains or loses anything." in text) is not rows
    # Neither the switch, nor the session, nor the log; and what was chosen still stands in the form.
    assert told == []
    assert Tenant.objects.get(pk=contoso.pk).is_remote_help_enabled
    assert HelpSession.objects.get(pk=running.pk).state == State.ACTIVE
    assert AuditEntry.objects.count() == entries
    for name, value in changes.items():
        assert answer.context["form"][name].value() is (value == "on")


def test_a_preview_of_what_is_wrong_says_what_is_wrong(page, contoso, ada):
    said = _form(contoso, recommended_app_version="1.0", mandatory_app_version="2.0", preview="1")
    answer = page.post(reverse(PAGE), said)
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"recommended_app_version"}
    said = _form(contoso, preview="1")
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    answer = page.post(reverse(PAGE), said)
    assert answer.status_code == 409
    assert answer.context["form"].conflict.by.startswith("Ada Administrator")


def test_a_conflict_shows_who_and_what(page, contoso, ada):
    said = _form(contoso, is_sign_out_at_end="on")
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False, code_valid_minutes=5)
    answer = page.post(reverse(PAGE), said)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Ada Administrator &lt;ada@contoso.example&gt; has changed this" in text
    differences = answer.context["form"].conflict.differences
    assert {(str(d.label), d.present, d.wanted) for d in differences} == {
        ("Chat during a session", "No", "Yes"),
        ("Sign the sharer out at the end of every session", "No", "Yes"),
        ("Security codes are valid for (minutes)", "5", "–"),
    }
    again = {**said, "version": answer.context["form"]["version"].value()}
    assert page.post(reverse(PAGE), again).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_valid_minutes": "0"},
        {"longest_session_minutes": "5"},
        {"mandatory_app_version": "new"},
        {"recommended_app_version": "1.0", "mandatory_app_version": "2.0"},
    ],
)
def test_what_is_wrong_is_said_beside_its_field(page, contoso, wrong):
    answer = page.post(reverse(PAGE), _form(contoso, **wrong))
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) <= set(wrong)
    assert answer.context["form"].errors


def test_a_field_is_checked_before_it_is_saved(page, contoso):
    said = _form(contoso, code_valid_minutes="99")
    answer = page.post(reverse(PAGE), said, headers={"X-Check": "code_valid_minutes"})
    assert len(answer.json()["errors"]) == 1
    assert Tenant.objects.get(pk=contoso.pk).code_valid_minutes is None


def test_the_page_says_when_the_cloud_is_not_supported(page, contoso):
    """T4"""
    assert "government cloud." not in page.get(reverse(PAGE)).content.decode()
    Tenant.objects.filter(pk=contoso.pk).update(cloud="gcc")
    assert "government cloud." in page.get(reverse(PAGE)).content.decode()


# --- the API --------------------------------------------------------------------------------------


def test_the_api_changes_what_is_sent_and_nothing_else(page, contoso, fabrikam):
    where = reverse("api:settings")
    read = page.get(where).json()

    def put(**sent):
        return page.put(where, sent, content_type="application/json")

    changed = put(is_chat_enabled=False, version=read["version"])
    assert changed.status_code == 200
    assert changed.json() == {
        **read,
        "is_chat_enabled": False,
        "version": changed.json()["version"],
    }
    assert put(is_chat_enabled=True, version=read["version"]).status_code == 409
    assert put(is_chat_enabled=False).json() == changed.json()
    group = make_group(contoso)
    assert put(compliance_groups=[str(group.pk)]).json()["compliance_groups"] == [str(group.pk)]
    foreign = make_group(fabrikam)
    assert put(compliance_groups=[str(foreign.pk)]).status_code == 404
    for wrong in ({"code_valid_minutes": 0}, {"mandatory_app_version": "x"}, {"cloud": "gcc"}):
        assert put(**wrong).status_code == 400


def test_the_api_previews_what_would_be_sent(page, contoso, hanna, sam, fabrikam):
    where = reverse("api:preview_settings")

    def post(**sent):
        return page.post(where, sent, content_type="application/json")

    said = post(is_remote_help_enabled=False).json()
    assert not said["is_in_effect"]
    lost = {one["action"]: one for one in said["differences"] if not one["is_gain"]}
    assert set(lost) == {"view_screen", "full_control", "elevation"}
    assert [one["name"] for one in lost["elevation"]["helpers"]] == ["Hanna Helper"]
    assert lost["elevation"]["people"] == ["Sam Sharer"]
    assert Tenant.objects.get(pk=contoso.pk).is_remote_help_enabled
    assert post(is_chat_enabled=False).json()["differences"] == []
    assert post(code_valid_minutes=0).status_code == 400
    assert post(version="0" * 32, is_chat_enabled=True).status_code == 409
    assert post(compliance_groups=[str(make_group(fabrikam).pk)]).status_code == 404


def test_the_django_admin_refuses_groups_of_another_tenant(client, contoso, fabrikam):
    from apps.tenants.models import User

    client.force_login(User.objects.create_superuser("root", "root@site.example", "x"))
    body = {"name": "Contoso", "slug": contoso.slug, "cloud": "public"}
    where = reverse("admin:tenants_tenant_change", args=[contoso.pk])
    foreign = {**body, "compliance_groups": [str(make_group(fabrikam).pk)]}
    assert client.post(where, foreign).status_code == 200
    assert not contoso.compliance_groups.exists()
    ours = {**body, "compliance_groups": [str(make_group(contoso).pk)]}
    assert client.post(where, ours).status_code == 302
