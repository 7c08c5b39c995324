"""A device becomes known: enrolled with a token of its tenant, or registered without one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.common.clock import now
from apps.common.errors import InvalidError, NotAllowedError
from apps.devices import services, tokens
from apps.devices.models import Device, Enrolment, EnrolmentToken
from apps.devices.services.enrolment import use_token
from tests.device_app import DeviceApp
from tests.factories import tenant_of


@pytest.fixture
def app(sam):
    return DeviceApp(sam)


@pytest.fixture
def issue(ada):
    """Ada's enrolment tokens: `issue(uses_left=1)` gives `.value` and `.token`."""

    def make(actor=ada, *, expires_at=None, uses_left=None):
        return services.issue_enrolment_token(
            actor=actor,
            name="Warehouse",
            expires_at=expires_at or now() + timedelta(days=7),
            uses_left=uses_left,
        )

    return make


def _code(answer):
    return answer.status_code, answer.json().get("code")


def test_a_device_enrols_with_a_token_and_is_its_owners(app, issue, sam, contoso):
    """D1."""
    answer = app.enrol(issue().value)

    assert answer.status_code == 200
    device = Device.objects.get()
    assert answer.json() == {
        "id": str(device.pk),
        "name": "sams-desk",
        "system": "linux",
        "system_version": "12.5",
        "app_version": "1.4.0",
        "enrolment": "enrolled",
        "is_compliant": True,
        "failed_policies": [],
    }
    assert (device.tenant, device.owner, device.public_key) == (contoso, sam, app.public_key)
    assert device.enrolled_at is not None
    assert device.last_seen_at is not None


def test_only_a_keyed_hash_of_the_token_is_kept(issue):
    issued = issue()
    row = EnrolmentToken.objects.values().get()
    assert issued.value.startswith(tokens.PREFIX)
    assert issued.value not in str(row)
    assert row["digest"] == tokens.digest(issued.value)


def test_a_token_that_is_worth_nothing_gets_one_answer_whatever_is_wrong_with_it(
    app, issue, ada, mallory, clock
):
    """T3: wrong, revoked, used up, foreign and expired cannot be told apart."""
    revoked, used_up, expired = issue(), issue(uses_left=1), issue()
    services.revoke_enrolment_token(actor=ada, token=revoked.token)
    EnrolmentToken.objects.filter(pk=used_up.token.pk).update(uses_left=0)
    EnrolmentToken.objects.filter(pk=expired.token.pk).update(expires_at=now())
    foreign = issue()
    EnrolmentToken.objects.filter(pk=foreign.token.pk).update(tenant=tenant_of(mallory))

    answers = [
        app.enrol(value)
        for value in ("wrong", revoked.value, used_up.value, expired.value, foreign.value)
    ]

    assert {_code(answer) for answer in answers} == {(404, "wrong_token")}
    assert len({answer.content for answer in answers}) == 1
    assert not Device.objects.exists()
    assert app.enrol(issue().value).status_code == 200


def test_a_token_enrols_as_many_devices_as_it_was_made_for(sam, issue):
    issued = issue(uses_left=2)
    answers = [DeviceApp(sam).enrol(issued.value).status_code for _ in range(3)]

    assert answers == [200, 200, 404]
    issued.token.refresh_from_db()
    assert issued.token.uses_left == 0
    endless = issue()
    assert [DeviceApp(sam).enrol(endless.value).status_code for _ in range(3)] == [200] * 3
    endless.token.refresh_from_db()
    assert endless.token.uses_left is None


def test_of_two_who_want_the_last_use_one_gets_it(issue):
    """The row count decides, whatever either had read before."""
    issued = issue(uses_left=1)
    use_token(issued.token)
    with pytest.raises(services.WrongTokenError):
        use_token(issued.token)


def test_an_answer_that_got_lost_is_asked_for_again_without_another_use(app, issue):
    issued = issue(uses_left=1)
    first, again = app.enrol(issued.value), app.enrol(issued.value, name="renamed")

    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert Device.objects.get().name == "renamed"
    assert _code(DeviceApp(issued.token.created_by).enrol(issued.value)) == (404, "wrong_token")


def test_the_same_key_enrolled_with_another_token_is_the_same_device(app, issue, sam, wilma):
    first = app.enrol(issue().value).json()
    assert app.enrol(issue().value).json()["id"] == first["id"]

    app.sign_in(wilma)
    assert _code(app.report()) == (403, "other_owner")
    assert _code(app.register()) == (403, "other_owner")
    assert app.enrol(issue().value).json()["id"] == first["id"]
    assert Device.objects.get().owner == wilma
    assert app.report().status_code == 200


def test_a_registered_device_enrols_later_and_keeps_its_record(app, issue):
    registered = app.register().json()
    assert (registered["enrolment"], registered["is_compliant"]) == ("unenrolled", False)
    enrolled = app.enrol(issue().value).json()
    assert (enrolled["id"], enrolled["enrolment"]) == (registered["id"], "enrolled")
    assert app.register().json()["enrolment"] == "enrolled"  # once enrolled it stays so


def test_a_device_is_registered_only_where_unenrolled_ones_are_allowed(app, contoso):
    """T2."""
    contoso.are_unenrolled_devices_allowed = False
    contoso.save()
    assert _code(app.register()) == (403, "device_not_enrolled")
    assert not Device.objects.exists()
    contoso.are_unenrolled_devices_allowed = True
    contoso.save()
    assert app.register().status_code == 200
    assert Device.objects.get().enrolment == Enrolment.UNENROLLED


def test_one_person_cannot_fill_the_list_of_devices(sam, issue, settings):
    settings.REMOTEHELP_DEVICES_PER_PERSON = 2
    apps = [DeviceApp(sam) for _ in range(3)]
    assert [app.register().status_code for app in apps] == [200, 200, 409]
    assert apps[0].register().status_code == 200
    assert apps[2].enrol(issue().value).status_code == 200


def test_a_registered_device_follows_whoever_is_signed_in_on_it(app, wilma):
    first = app.register().json()
    app.sign_in(wilma)
    assert app.register().json()["id"] == first["id"]
    assert Device.objects.get().owner == wilma


def test_a_revoked_device_is_told_so_and_does_not_come_back(app, issue, ada, hanna):
    app.enrol(issue().value)
    device = Device.objects.get()
    with pytest.raises(NotAllowedError):
        services.revoke_device(actor=hanna, device=device)
    services.revoke_device(actor=ada, device=device)

    for answer in (app.report(), app.enrol(issue().value), app.register()):
        assert _code(answer) == (403, "device_revoked")
    device.refresh_from_db()
    assert (device.enrolment, device.revoked_at is not None) == (Enrolment.UNENROLLED, True)

    services.change_enrolment(actor=ada, device=device, enrolment=Enrolment.ENROLLED)
    device.refresh_from_db()
    assert device.enrolment == Enrolment.UNENROLLED
    services.restore_device(actor=ada, device=device)
    assert app.enrol(issue().value).json()["id"] == str(device.pk)


def test_a_revoked_device_cannot_be_enrolled_in_the_database_either(app, issue, ada):
    app.enrol(issue().value)
    services.revoke_device(actor=ada, device=Device.objects.get())
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.update(enrolment=Enrolment.ENROLLED)


def test_two_tenants_may_know_one_key_and_one_tenant_knows_it_once(app, mallory, contoso, issue):
    app.enrol(issue().value)
    theirs = DeviceApp(mallory)
    theirs.key, theirs.public_key = app.key, app.public_key
    assert theirs.register().status_code == 200
    assert Device.objects.filter(public_key=app.public_key).count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.update(tenant=contoso)


def test_tokens_are_for_those_who_manage_devices(issue, ada, hanna, mallory):
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            issue(actor)
    issued = issue()
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.revoke_enrolment_token(actor=actor, token=issued.token)
    for bad in (now(), now() - timedelta(days=1), now() + timedelta(days=400)):
        with pytest.raises(InvalidError):
            issue(expires_at=bad)
    assert EnrolmentToken.objects.count() == 1


def test_what_an_app_says_of_its_device_is_checked(app):
    for field, bad in (
        ("system", "beos"),
        ("app_version", "newest"),
        ("name", ""),
        ("public_key", "short"),
        ("public_key", "=" * 43),
        ("is_admin", True),
    ):
        answer = app.post("devices/register/", app.about(**{field: bad}))
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    # Spelt with bits that say nothing: the same key would have several spellings.
    doubtful = app.about(public_key="A" * 42 + "B")
    assert _code(app.post("devices/register/", doubtful)) == (403, "device_not_proved")
    assert not Device.objects.exists()


def test_registering_another_ones_key_is_refused(app, sam):
    other = DeviceApp(sam)
    assert _code(app.register(public_key=other.public_key)) == (403, "device_not_proved")
