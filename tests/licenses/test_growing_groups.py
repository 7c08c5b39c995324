"""Groups that hold seats and grow (L3): one rule, whichever way the members come."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.urls import reverse

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.licenses.models import License
from apps.licenses.selectors import seats_taken
from apps.licenses.services import NoSeatLeftError, assign_seat, cancel_license
from apps.tenants.memberships import require_memberships_fit
from apps.tenants.models import Group, User
from tests.factories import make_group, make_license, make_person
from tests.threads import Thread, at_once, wait_until_blocked


@transaction.atomic
def join(group: Group, *people: User) -> None:
    """As every service that adds members does it."""
    group.people.add(*people)
    require_memberships_fit([group])


@pytest.fixture
def crew(contoso) -> Group:
    """A group with one member, and a licence of two seats for all of it."""
    crew = make_group(contoso, "Crew", people=[make_person(contoso, has_seat=False)])
    assign_seat(actor=None, license_=make_license(contoso, quantity=2), group=crew)
    return crew


def licence_of(group: Group) -> License:
    return License.objects.get(seats__group=group)


def test_a_group_does_not_grow_beyond_its_licence(contoso, crew):
    second, third = (make_person(contoso, has_seat=False) for _ in range(2))
    join(crew, second)
    with pytest.raises(NoSeatLeftError) as refused:
        join(crew, third)
    said = str(refused.value)
    assert "has 2 seats" in said
    assert "3 people would need one" in said
    assert "Crew" in said
    assert set(crew.people.all()) >= {second}
    assert third not in crew.people.all()
    join(crew, second)  # once more changes nothing


def test_several_groups_are_counted_together_and_people_once(contoso, crew):
    other = make_group(contoso, "Other crew")
    assign_seat(actor=None, license_=licence_of(crew), group=other)
    member = crew.people.get()
    join(other, member)
    newcomers = [make_person(contoso, has_seat=False) for _ in range(2)]
    with transaction.atomic():
        crew.people.add(newcomers[0])
        other.people.add(newcomers[1])
        with pytest.raises(NoSeatLeftError):
            require_memberships_fit([crew, other])
        transaction.set_rollback(True)
    join(other, newcomers[0])
    assert seats_taken(licence_of(crew)) == 2


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_a_licence_that_has_ended_holds_nobody_back(contoso, crew, end, clock):
    if end == "cancelled":
        cancel_license(actor=None, license_=licence_of(crew))
    else:
        License.objects.filter(seats__group=crew).update(ends_at=now() + timedelta(days=1))
        clock.shift(timedelta(days=1))
    join(crew, *(make_person(contoso, has_seat=False) for _ in range(3)))
    assert crew.people.count() == 4


def test_a_pending_licence_counts_already(contoso):
    crew = make_group(contoso, "Crew")
    pending = make_license(contoso, quantity=1, delay=timedelta(hours=1))
    assign_seat(actor=None, license_=pending, group=crew)
    join(crew, make_person(contoso, has_seat=False))
    with pytest.raises(NoSeatLeftError):
        join(crew, make_person(contoso, has_seat=False))


def test_the_operator_is_refused_by_the_same_rule(client, contoso, crew):
    operator = User.objects.create_superuser(
        username="operator", email="operator@example.org", password="a long enough password"
    )
    client.force_login(operator)
    url = reverse("admin:tenants_group_change", args=[crew.pk])
    people = [crew.people.get(), *(make_person(contoso, has_seat=False) for _ in range(2))]
    body = {"name": "Crew", "description": "", "people": [str(person.pk) for person in people]}
    answer = client.post(url, body)
    assert answer.status_code == 409
    assert "3 people would need one" in answer.content.decode()
    assert crew.people.count() == 1
    assert client.post(url, {**body, "people": body["people"][:2]}).status_code == 302
    assert crew.people.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_newcomers_at_once_do_not_share_the_last_seat(contoso, crew):
    newcomers = [make_person(contoso, has_seat=False) for _ in range(3)]
    outcomes = at_once(*(partial(join, crew, person) for person in newcomers))
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [type(outcome) for outcome in refused] == [NoSeatLeftError] * 2
    assert seats_taken(licence_of(crew)) == 2


@pytest.mark.django_db(transaction=True)
def test_a_group_that_grows_while_it_is_given_seats_is_counted_whole(contoso):
    """Whoever comes second counts what the first has done, in either order."""
    for is_growing_first in (True, False):
        crew = make_group(contoso, people=[make_person(contoso, has_seat=False)])
        license_ = make_license(contoso, quantity=1)
        newcomer = make_person(contoso, has_seat=False)
        grow = partial(join, crew, newcomer)
        give = partial(assign_seat, actor=None, license_=license_, group=crew)
        first, second = (grow, give) if is_growing_first else (give, grow)
        with transaction.atomic():
            first()
            waiting = Thread(second)
            wait_until_blocked()
        assert isinstance(waiting.result(), RuleError)
        assert (crew.people.count(), license_.seats.count()) == (
            (2, 0) if is_growing_first else (1, 1)
        )
