from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from apps.common.clock import now
from apps.common.errors import InvalidError, NotAllowedError
from apps.licenses import services
from apps.licenses.models import IN_FORCE, License, LicenseState, Product, Seat, Terms
from apps.licenses.selectors import people_with_seat, seats_taken, standings
from tests.factories import make_group, make_license, make_person
from tests.threads import at_once


@pytest.fixture
def two_seats(contoso):
    return make_license(contoso, quantity=2)


def test_an_ordered_licence_is_pending_and_becomes_active_by_itself(clock, ada, contoso, settings):
    """L2."""
    License.objects.all().delete()
    assert timedelta(minutes=30) <= settings.REMOTEHELP_LICENCE_DELAY <= timedelta(hours=8)
    license_ = services.order_license(
        actor=ada, tenant=contoso, product=Product.REMOTE_HELP, quantity=3, terms=Terms.TRIAL
    )
    assert license_.activates_at == now() + settings.REMOTEHELP_LICENCE_DELAY
    assert license_.state_at(now()) == LicenseState.PENDING
    standing = standings(contoso.pk, now())[Product.REMOTE_HELP]
    assert (standing.is_active, standing.expected_at) == (False, license_.activates_at)
    assert list(License.objects.pending(now())) == [license_]
    clock.shift(settings.REMOTEHELP_LICENCE_DELAY)
    assert license_.state == LicenseState.ACTIVE
    standing = standings(contoso.pk, now())[Product.REMOTE_HELP]
    assert (standing.is_active, standing.expected_at) == (True, None)
    assert list(License.objects.active(now())) == [license_]


def test_the_earliest_of_several_pending_licences_is_expected(clock, contoso):
    License.objects.all().delete()
    for minutes in (90, 30, 60):
        make_license(contoso, delay=timedelta(minutes=minutes))
    expected = standings(contoso.pk, now())[Product.REMOTE_HELP].expected_at
    assert expected == now() + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("shift", "changes", "state"),
    [
        (timedelta(0), {}, LicenseState.ACTIVE),
        (timedelta(0), {"activates_at": timedelta(minutes=1)}, LicenseState.PENDING),
        (timedelta(minutes=1), {"activates_at": timedelta(minutes=1)}, LicenseState.ACTIVE),
        (timedelta(days=1), {"ends_at": timedelta(days=16)}, LicenseState.ACTIVE),
        (timedelta(days=2), {"ends_at": timedelta(days=16)}, LicenseState.EXPIRING),
        (timedelta(days=2), {"ends_at": timedelta(days=2)}, LicenseState.EXPIRED),
        (timedelta(days=1), {"cancelled_at": timedelta(days=1)}, LicenseState.CANCELLED),
    ],
)
def test_a_licences_state_is_read_from_the_clock(clock, shift, changes, state, two_seats):
    for name, after in changes.items():
        setattr(two_seats, name, now() + after)
    two_seats.save()
    clock.shift(shift)
    assert two_seats.state == state
    assert License.objects.active(now()).filter(pk=two_seats.pk).exists() is (state in IN_FORCE)
    for one in LicenseState:
        found = License.objects.in_state(one, now()).filter(pk=two_seats.pk)
        assert found.exists() is (one is state)


def test_a_licence_of_another_tenant_or_product_counts_for_nothing(contoso, fabrikam):
    License.objects.filter(tenant=contoso, product=Product.REMOTE_HELP).delete()
    found = standings(contoso.pk, now())
    assert found[Product.DEVICE_MANAGEMENT].is_active
    assert not found[Product.REMOTE_HELP].is_active
    assert standings(fabrikam.pk, now())[Product.REMOTE_HELP].is_active


def test_an_impossible_licence_is_refused(ada, contoso):
    order = partial(services.order_license, actor=ada, tenant=contoso, product=Product.REMOTE_HELP)
    with pytest.raises(InvalidError):
        order(quantity=0)
    with pytest.raises(InvalidError):
        order(quantity=1, ends_at=now() - timedelta(days=1))
    with pytest.raises(InvalidError):
        order(quantity=1, terms="stolen")  # type: ignore[arg-type]
    assert order(quantity=1).quantity == 1


def test_only_administrators_of_licences_order_assign_revoke_and_cancel(
    hanna, mallory, contoso, two_seats, sam
):
    seat = Seat.objects.get(license__tenant=contoso)
    for actor in (hanna, mallory):
        for act in (
            partial(
                services.order_license,
                tenant=contoso,
                product=Product.REMOTE_HELP,
                quantity=1,
            ),
            partial(services.assign_seat, license_=two_seats, person=sam),
            partial(services.revoke_seat, seat=seat),
            partial(services.cancel_license, license_=two_seats),
        ):
            with pytest.raises(NotAllowedError):
                act(actor=actor)
    two_seats.refresh_from_db()
    assert two_seats.cancelled_at is None
    assert not two_seats.seats.exists()
    assert Seat.objects.filter(pk=seat.pk).exists()


def test_cancelling_twice_keeps_the_first_moment(clock, ada, two_seats):
    services.cancel_license(actor=ada, license_=two_seats)
    first = now()
    clock.shift(timedelta(hours=1))
    services.cancel_license(actor=ada, license_=two_seats)
    two_seats.refresh_from_db()
    assert two_seats.cancelled_at == first


# --- seats (L1, L3) ------------------------------------------------------------------------------


def test_more_people_than_seats_are_refused(ada, two_seats, hanna, sam, wilma):
    """L3."""
    for person in (hanna, sam):
        services.assign_seat(actor=ada, license_=two_seats, person=person)
    with pytest.raises(services.NoSeatLeftError):
        services.assign_seat(actor=ada, license_=two_seats, person=wilma)
    assert set(two_seats.seats.values_list("person", flat=True)) == {hanna.pk, sam.pk}
    services.revoke_seat(actor=ada, seat=two_seats.seats.get(person=hanna))
    services.assign_seat(actor=ada, license_=two_seats, person=wilma)
    assert seats_taken(two_seats) == 2


def test_a_person_is_counted_once_however_they_get_the_seat(ada, two_seats, contoso, hanna, sam):
    services.assign_seat(actor=ada, license_=two_seats, person=hanna)
    for people in ([hanna, sam], [sam], []):
        services.assign_seat(
            actor=ada, license_=two_seats, group=make_group(contoso, people=people)
        )
    assert seats_taken(two_seats) == 2
    bigger = make_group(contoso, people=[hanna, sam, make_person(contoso)])
    with pytest.raises(services.NoSeatLeftError):
        services.assign_seat(actor=ada, license_=two_seats, group=bigger)
    assert seats_taken(two_seats) == 2
    assert not two_seats.seats.filter(group=bigger).exists()


def test_the_same_seat_is_not_given_twice(ada, two_seats, sam, contoso):
    group = make_group(contoso)
    for target in ({"person": sam}, {"group": group}):
        services.assign_seat(actor=ada, license_=two_seats, **target)
        with pytest.raises(services.SeatTakenError):
            services.assign_seat(actor=ada, license_=two_seats, **target)
    assert two_seats.seats.count() == 2


def test_a_seat_is_for_one_person_or_one_group_of_the_own_tenant(
    ada, two_seats, sam, magnus, contoso, fabrikam
):
    """T3."""
    for target in (
        {},
        {"person": magnus},
        {"group": make_group(fabrikam)},
        {"person": sam, "group": make_group(contoso)},
        {"person": sam, "group": make_group(fabrikam)},
    ):
        with pytest.raises(NotAllowedError):
            services.assign_seat(actor=ada, license_=two_seats, **target)
    assert not two_seats.seats.exists()
    for bad in ({}, {"person": sam, "group": make_group(contoso)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Seat.objects.create(license=two_seats, **bad)


def test_seats_are_found_for_people_and_members_of_groups(contoso, fabrikam, sam, wilma, clock):
    Seat.objects.all().delete()
    license_ = make_license(contoso)
    services.assign_seat(actor=None, license_=license_, person=sam)
    services.assign_seat(
        actor=None, license_=license_, group=make_group(contoso, people=[sam, wilma])
    )
    nobody = make_person(contoso)
    ids = [sam.pk, wilma.pk, nobody.pk]
    assert people_with_seat(contoso.pk, ids, now()) == {sam.pk, wilma.pk}
    assert people_with_seat(fabrikam.pk, ids, now()) == set()
    assert people_with_seat(contoso.pk, [], now()) == set()


@pytest.mark.django_db(transaction=True)
def test_two_assignments_at_once_do_not_overbook(contoso):
    for _ in range(3):
        license_ = make_license(contoso, quantity=1)
        outcomes = at_once(
            *[
                partial(
                    services.assign_seat,
                    actor=None,
                    license_=license_,
                    person=make_person(contoso),
                )
                for _ in range(3)
            ]
        )
        kinds = sorted(type(outcome).__name__ for outcome in outcomes)
        assert kinds == ["NoSeatLeftError", "NoSeatLeftError", "Seat"]
        assert seats_taken(license_) == 1
