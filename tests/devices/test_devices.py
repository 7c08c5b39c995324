from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from apps.common.errors import InvalidError, NotAllowedError
from apps.devices import services
from apps.devices.models import Device, Enrolment, Policy, PolicyResult
from apps.devices.selectors import (
    devices_of_tenant,
    devices_open_to,
    failed_policies,
    find_device_of,
    is_compliant,
)
from apps.roles.models import Action
from tests.factories import make_assignment, make_device, make_group, make_person, tenant_of


@pytest.fixture
def policy(contoso):
    return Policy.objects.create(
        tenant=contoso, name="Disk", rule=Policy.Rule.DISK_ENCRYPTED, covers_all_devices=True
    )


def test_an_administrator_records_a_device(ada, contoso, sam, hanna, mallory, magnus):
    """D1."""
    record = {"tenant": contoso, "name": "desk", "system": "linux"}
    device = services.record_device(actor=ada, owner=sam, **record)
    row = Device.objects.get(pk=device.pk)
    assert (row.owner, row.enrolment, row.tenant) == (sam, Enrolment.UNENROLLED, contoso)
    assert row.last_seen_at is not None
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.record_device(actor=actor, **record)
    with pytest.raises(NotAllowedError):
        services.record_device(actor=ada, owner=magnus, **record)
    for bad in ({"system": "beos"}, {"app_version": "newest"}, {"name": ""}):
        with pytest.raises(InvalidError) as refusal:
            services.record_device(actor=ada, **(record | bad))
        assert set(refusal.value.fields) == set(bad)
    assert Device.objects.count() == 1


def test_a_device_without_policies_is_compliant_and_each_policy_counts(
    sams_laptop, contoso, policy
):
    """D2."""
    assert [failed.name for failed in failed_policies(sams_laptop)] == [
        "Disk"
    ]  # never seen to meet it
    assert not is_compliant(sams_laptop, is_enrolled=True)
    services.record_policy_result(device=sams_laptop, policy=policy, is_met=False, found="plain")
    assert [failed.found for failed in failed_policies(sams_laptop)] == ["plain"]
    services.record_policy_result(device=sams_laptop, policy=policy, is_met=True)
    assert PolicyResult.objects.count() == 1
    assert is_compliant(sams_laptop, is_enrolled=True)
    assert not is_compliant(sams_laptop, is_enrolled=False)
    assert not is_compliant(None, is_enrolled=True)


def test_a_policy_for_a_group_is_for_its_devices_only(sams_laptop, contoso, sam):
    group = make_group(contoso)
    lock = Policy.objects.create(tenant=contoso, name="Lock", rule=Policy.Rule.SCREEN_LOCK)
    lock.groups.add(group)
    assert failed_policies(sams_laptop) == []
    sams_laptop.groups.add(group)
    assert [failed.name for failed in failed_policies(sams_laptop)] == ["Lock"]
    assert failed_policies(make_device(contoso)) == []


def test_policies_of_another_tenant_say_nothing(sams_laptop, fabrikam, policy):
    """T3."""
    Policy.objects.create(
        tenant=fabrikam, name="Theirs", rule=Policy.Rule.FIREWALL, covers_all_devices=True
    )
    assert [failed.name for failed in failed_policies(sams_laptop)] == ["Disk"]
    with pytest.raises(NotAllowedError):
        services.record_policy_result(device=make_device(fabrikam), policy=policy, is_met=True)


def test_enrolment_is_for_administrators(ada, hanna, mallory, sams_laptop):
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.change_enrolment(
                actor=actor, device=sams_laptop, enrolment=Enrolment.UNENROLLED
            )
    sams_laptop.refresh_from_db()
    assert sams_laptop.enrolment == Enrolment.ENROLLED
    services.change_enrolment(actor=ada, device=sams_laptop, enrolment=Enrolment.UNENROLLED)
    sams_laptop.refresh_from_db()
    assert sams_laptop.enrolment == Enrolment.UNENROLLED
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.update(enrolment="half")


def test_a_person_names_their_own_device_or_nobodys(sams_laptop, sam, wilma, magnus, contoso):
    shared = make_device(contoso)
    assert find_device_of(sam, sams_laptop.pk) == sams_laptop
    assert find_device_of(sam, shared.pk) == find_device_of(wilma, shared.pk) == shared
    assert find_device_of(wilma, sams_laptop.pk) is None
    assert find_device_of(magnus, shared.pk) is None
    assert find_device_of(magnus, sams_laptop.pk) is None


def test_devices_are_open_by_group_by_owner_and_by_enrolment(
    contoso, sam, wilma, sams_laptop, old_tablet, mallory, hanna
):
    kiosk, loose = (
        make_device(contoso, name="kiosk"),
        make_device(contoso, enrolment=Enrolment.UNENROLLED),
    )
    assert set(devices_open_to(hanna, Action.ELEVATION)) == {sams_laptop, old_tablet}

    def reach(**scope):
        helper = make_person(contoso)
        make_assignment(helper, **scope)
        return set(devices_open_to(helper, Action.FULL_CONTROL))

    assert reach(devices=[kiosk]) == {kiosk}
    assert reach(scope=[wilma]) == set()
    assert reach(covers_all_users=True) == {sams_laptop, old_tablet}
    assert reach(covers_all_devices=True) == {sams_laptop, kiosk}
    assert reach(devices=[loose], scope=[sam]) == {sams_laptop, old_tablet, loose}
    assert reach() == set()
    assert set(devices_open_to(mallory, Action.VIEW_SCREEN)) == set()


def test_a_disabled_helper_sees_no_device(hanna, sams_laptop):
    assert devices_open_to(hanna, Action.VIEW_SCREEN).exists()
    hanna.is_active = False
    assert not devices_open_to(hanna, Action.VIEW_SCREEN).exists()


def test_a_tenants_devices_are_its_own(sams_laptop, fabrikam, contoso):
    theirs = make_device(fabrikam)
    assert list(devices_of_tenant(contoso.pk)) == [sams_laptop]
    assert list(devices_of_tenant(fabrikam.pk)) == [theirs]
    assert tenant_of(sams_laptop.owner) == contoso
