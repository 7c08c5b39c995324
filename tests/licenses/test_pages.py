"""The administrator's pages of licences and seats, walked as a person would."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils.html import escape

from apps.common.clock import now
from apps.licenses.models import License, LicenseState, Product, Seat, Terms, end_of
from apps.licenses.selectors import seats_taken
from apps.licenses.services import allow_another_trial, assign_seat, cancel_license
from apps.sessions.eligibility import IneligibleError
from apps.sessions.states import State
from apps.tenants.models import Act, AuditEntry
from apps.tenants.services import grant_administration
from tests.factories import make_group, make_license, make_person, make_session

LICENSES = "/administration/licenses/"
LACKING = f"{LICENSES}lacking/"
ORDER = f"{LICENSES}order/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def addon(contoso) -> License:
    return License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)


def at(license_: License, step: str = "") -> str:
    return f"{LICENSES}{license_.pk}/{step}"


def day(after: int) -> str:
    return (now() + timedelta(days=after)).date().isoformat()


def order_of(**changes: Any) -> dict[str, Any]:
    said = {"product": "remote_help", "terms": "bought", "quantity": "5"}
    return {**said, "first_day": "", "last_day": "", **changes}


# --- the list -------------------------------------------------------------------------------------


def test_the_list_says_how_each_licence_stands_and_narrows(page, ada, contoso, fabrikam, clock):
    make_license(contoso, quantity=7, delay=timedelta(hours=1))
    make_license(contoso, quantity=8, ends_in=timedelta(days=3))
    cancel_license(actor=None, license_=make_license(contoso, quantity=9))
    make_license(fabrikam, quantity=4321)
    shown = text_of(page.get(LICENSES))
    for words in ("Pending", "Active", "Expiring soon", "Cancelled", "0 of 7 taken"):
        assert words in shown
    assert "4321" not in shown
    for query, number in (
        ({"state": "pending"}, 1),
        ({"state": "expiring"}, 1),
        ({"state": "expired"}, 0),
        ({"state": "cancelled"}, 1),
        ({"state": "active"}, 2),
        ({"product": "device_management"}, 1),
        ({"terms": "trial"}, 0),
    ):
        shown = page.get(LICENSES, query).context["listing"].rows
        assert len(shown) == number, query
    assert page.get(LICENSES, {"state": "stolen"}).status_code == 400
    clock.shift(timedelta(days=3))
    page.force_login(ada)
    assert len(page.get(LICENSES, {"state": "expired"}).context["listing"].rows) == 1


def test_an_organisation_without_licences_is_told_the_next_step(page, contoso):
    License.objects.filter(tenant=contoso).delete()
    shown = text_of(page.get(LICENSES))
    assert "No licence of the add-on is active, so nobody can be helped." in shown
    assert "There is no licence yet. Order one, or begin a trial." in shown
    assert f'href="{ORDER}"' in shown


def test_the_list_costs_the_same_for_many(page, contoso, django_assert_max_num_queries):
    for _ in range(30):
        make_license(contoso)
    with django_assert_max_num_queries(16):
        page.get(LICENSES)


# --- ordering -------------------------------------------------------------------------------------


def test_a_bought_licence_is_pending_then_active_and_helps(page, ada, contoso, settings, clock):
    """The walk of the issue: bought, pending with the expected time, active by the clock alone."""
    License.objects.filter(tenant=contoso, product=Product.REMOTE_HELP).delete()
    answer = page.post(ORDER, order_of(quantity="3"))
    made = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    assert answer["Location"] == at(made)
    assert (made.terms, made.quantity, made.ends_at) == (Terms.BOUGHT, 3, None)
    shown = text_of(page.get(at(made)))
    assert "This licence is not active yet" in shown
    assert made.activates_at.isoformat()[:16] in shown
    assert "The add-on is not active yet" in text_of(page.get(LICENSES))
    assert AuditEntry.objects.filter(act=Act.ADDED, target_key=str(made.pk), actor=ada).count() == 1
    clock.shift(settings.REMOTEHELP_LICENCE_DELAY)
    shown = text_of(page.get(at(made)))
    assert "not active yet" not in shown
    assert 'data-state="good">Active' in shown


def test_a_licence_can_begin_and_end_on_days(page, contoso):
    page.post(ORDER, order_of(first_day=day(3), last_day=day(10)))
    made = License.objects.filter(tenant=contoso).order_by("-ordered_at").first()
    assert made is not None
    assert made.activates_at.date().isoformat() == day(3)
    assert made.last_day is not None
    assert made.last_day.isoformat() == day(10)
    assert made.state == LicenseState.PENDING


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"quantity": "-1"}, "quantity", "greater than or equal to 1"),
        ({"quantity": "0"}, "quantity", "greater than or equal to 1"),
        ({"quantity": "99999999999"}, "quantity", "less than or equal to 1000000"),
        ({"quantity": "many"}, "quantity", "Enter a whole number"),
        ({"product": "everything"}, "product", "Select a valid choice"),
        ({"terms": "stolen"}, "terms", "Select a valid choice"),
        ({"first_day": "-2"}, "first_day", "The start is in the past"),
        ({"last_day": "-1"}, "last_day", "The end is in the past"),
        ({"first_day": "5", "last_day": "4"}, "last_day", "would end before it is active"),
        ({"terms": "trial", "last_day": "90"}, "last_day", "A trial lasts at most 30 days"),
        ({"first_day": "tomorrow"}, "first_day", "Enter a valid date"),
    ],
)
def test_an_order_that_cannot_be_is_refused_beside_its_field(page, contoso, changes, field, words):
    number = License.objects.count()
    for name in ("first_day", "last_day"):
        if changes.get(name, "").lstrip("-").isdigit():
            changes = {**changes, name: day(int(changes[name]))}
    answer = page.post(ORDER, order_of(**changes))
    assert answer.status_code == 400
    assert words in " ".join(answer.context["form"].errors[field])
    assert License.objects.count() == number


def test_a_field_is_checked_when_it_is_left(page, contoso):
    checked = page.post(ORDER, order_of(quantity="-4"), headers={"X-Check": "quantity"})
    assert "greater than or equal to 1" in checked.json()["errors"][0]
    assert page.post(ORDER, order_of(), headers={"X-Check": "quantity"}).json() == {"errors": []}
    assert License.objects.filter(tenant=contoso).count() == 2


def test_there_is_one_trial_unless_the_operator_allows_another(page, contoso, fabrikam, client):
    assert page.post(ORDER, order_of(terms="trial")).status_code == 302
    trial = License.objects.get(tenant=contoso, terms=Terms.TRIAL)
    assert trial.ends_at == trial.activates_at + timedelta(days=30)
    again = page.post(ORDER, order_of(terms="trial"))
    assert again.status_code == 409
    assert "has already had a trial" in text_of(again)
    assert page.post(ORDER, order_of(terms="trial", product="device_management")).status_code == 302
    cancel_license(actor=None, license_=trial)
    assert page.post(ORDER, order_of(terms="trial")).status_code == 409
    allow_another_trial(actor=None, license_=trial)
    assert page.post(ORDER, order_of(terms="trial")).status_code == 302
    assert page.post(ORDER, order_of(terms="trial")).status_code == 409
    assert License.objects.filter(tenant=contoso, terms=Terms.TRIAL).count() == 3


def test_buying_after_a_trial_takes_its_seats_over(page, contoso, sam, wilma):
    trial = make_license(contoso, quantity=5, terms=Terms.TRIAL)
    group = make_group(contoso, people=[wilma])
    assign_seat(actor=None, license_=trial, person=sam)
    assign_seat(actor=None, license_=trial, group=group)
    form = page.get(f"{ORDER}?product=remote_help&terms=bought&seats_of={trial.pk}").context["form"]
    assert form["seats_of"].value() == str(trial.pk)
    few = page.post(ORDER, order_of(quantity="1", seats_of=str(trial.pk)))
    assert few.status_code == 400
    assert "2 people would need one" in " ".join(few.context["form"].errors["quantity"])
    page.post(ORDER, order_of(quantity="2", seats_of=str(trial.pk)))
    made = License.objects.filter(tenant=contoso).order_by("-ordered_at").first()
    assert made is not None
    assert seats_taken(made) == 2
    assert set(made.seats.values_list("person", "group")) == {(sam.pk, None), (None, group.pk)}


def test_another_tenants_licence_gives_no_seats(page, contoso, fabrikam):
    theirs = License.objects.get(tenant=fabrikam, product=Product.REMOTE_HELP)
    answer = page.post(ORDER, order_of(seats_of=str(theirs.pk)))
    assert answer.status_code == 400
    assert "seats_of" in answer.context["form"].errors


# --- changing -------------------------------------------------------------------------------------


def test_number_and_end_are_changed(page, ada, contoso, addon):
    assert page.post(at(addon, "change/"), {"quantity": "60", "last_day": "", "version": ""})[
        "Location"
    ] == at(addon)
    addon.refresh_from_db()
    assert (addon.quantity, addon.ends_at) == (60, None)
    entry = AuditEntry.objects.filter(act=Act.CHANGED, target_key=str(addon.pk)).get()
    assert entry.facts["changes"] == {"quantity": [50, 60]}


def test_an_earlier_end_is_asked_about_with_what_it_closes(page, contoso, addon, hanna, sam):
    said = {"quantity": "50", "last_day": day(20), "version": ""}
    asked = page.post(at(addon, "change/"), said)
    assert asked.status_code == 200
    shown = text_of(asked)
    assert "3 people have no other seat" in shown
    assert "Elevation: lost by 1 of the helpers, over 1 people" in shown
    addon.refresh_from_db()
    assert addon.ends_at is None
    carried = dict(asked.context["question"].carried)
    assert page.post(at(addon, "change/"), carried).status_code == 302
    addon.refresh_from_db()
    assert addon.last_day is not None
    assert addon.last_day.isoformat() == day(20)
    # Later again is asked about nobody.
    assert (
        page.post(at(addon, "change/"), {"quantity": "50", "last_day": day(30)}).status_code == 302
    )


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"quantity": "0"}, "quantity", "greater than or equal to 1"),
        ({"quantity": "2"}, "quantity", "3 people would need one"),
        ({"last_day": "-3"}, "last_day", "The end is in the past"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    page, contoso, addon, sam, wilma, changes, field, words
):
    assert seats_taken(addon) == 3
    said = {"quantity": "50", "last_day": ""} | changes
    if said["last_day"]:
        said["last_day"] = day(int(said["last_day"]))
    answer = page.post(at(addon, "change/"), said)
    assert answer.status_code == 400
    assert words in " ".join(answer.context["form"].errors[field])
    addon.refresh_from_db()
    assert (addon.quantity, addon.ends_at) == (50, None)


def test_the_second_of_two_administrators_sees_what_the_first_changed(page, contoso, addon):
    version = page.get(at(addon, "change/")).context["form"]["version"].value()
    License.objects.filter(pk=addon.pk).update(quantity=70)
    said = {"quantity": "60", "last_day": "", "version": version}
    answer = page.post(at(addon, "change/"), said)
    assert answer.status_code == 409
    shown = text_of(answer)
    assert "<td>70</td><td>60</td>" in shown
    addon.refresh_from_db()
    assert addon.quantity == 70
    said["version"] = answer.context["form"].data["version"]
    assert page.post(at(addon, "change/"), said).status_code == 302
    addon.refresh_from_db()
    assert addon.quantity == 60


def test_an_expired_licence_is_renewed_if_its_seats_are_enough(
    page, ada, contoso, addon, clock, sam
):
    License.objects.filter(pk=addon.pk).update(ends_at=now() + timedelta(days=1), quantity=2)
    clock.shift(timedelta(days=2))
    page.force_login(ada)
    assert "Renew" in text_of(page.get(at(addon)))
    refused = page.post(at(addon, "change/"), {"quantity": "2", "last_day": ""})
    assert refused.status_code == 302  # Ada and Sam
    addon.refresh_from_db()
    assert addon.state == LicenseState.ACTIVE
    License.objects.filter(pk=addon.pk).update(ends_at=now())
    make_group(contoso)
    addon.seats.get().group.people.add(make_person(contoso, has_seat=False))
    refused = page.post(at(addon, "change/"), {"quantity": "2", "last_day": day(30)})
    assert "3 people would need one" in text_of(refused)
    addon.refresh_from_db()
    assert addon.state == LicenseState.EXPIRED


def test_only_the_operator_prolongs_a_trial(page, contoso):
    trial = make_license(contoso, terms=Terms.TRIAL)
    answer = page.post(at(trial, "change/"), {"quantity": "50", "last_day": day(60)})
    assert answer.status_code == 400
    assert "A trial cannot be prolonged" in text_of(answer)
    kept = {"quantity": "51", "last_day": trial.last_day.isoformat()}  # type: ignore[union-attr]
    assert page.post(at(trial, "change/"), kept).status_code == 302
    ends_at, trial_now = trial.ends_at, License.objects.get(pk=trial.pk)
    assert (trial_now.quantity, trial_now.ends_at) == (51, ends_at)


# --- cancelling and running out -------------------------------------------------------------------


def test_cancelling_says_what_is_lost_stops_new_sessions_and_leaves_running_ones(
    page, ada, contoso, addon, hanna, sam, active, django_capture_on_commit_callbacks
):
    """L3."""
    shown = text_of(page.get(at(addon, "cancel/")))
    assert "3 people have no other seat" in shown
    assert "View screen: lost by 1 of the helpers" in shown
    assert "Sessions that are running go on" in shown
    addon.refresh_from_db()
    assert addon.cancelled_at is None
    with django_capture_on_commit_callbacks(execute=True):
        assert page.post(at(addon, "cancel/")).status_code == 302
    addon.refresh_from_db()
    assert addon.state == LicenseState.CANCELLED
    active.refresh_from_db()
    assert active.state == State.ACTIVE
    with pytest.raises(IneligibleError) as refused:
        make_session(hanna, sam, State.INTRODUCED)
    assert refused.value.code == "license_missing"
    assert AuditEntry.objects.filter(act=Act.CANCELLED, actor=ada).count() == 1
    for step in ("change/", "cancel/", "people/", "groups/"):
        assert page.get(at(addon, step)).status_code == 409
    assert page.post(at(addon, "cancel/")).status_code == 302  # twice is once
    assert "Order another one" in text_of(page.get(at(addon)))


# --- seats ----------------------------------------------------------------------------------------


def test_seats_are_given_to_people_and_groups_and_counted(page, ada, contoso, sam, wilma, hanna):
    license_ = make_license(contoso, quantity=3)
    crew = make_group(contoso, "Crew", people=[sam, hanna])
    shown = page.get(at(license_, "people/"), {"q": "warehouse"})
    assert [row.pk for row in shown.context["listing"].rows] == [wilma.pk]
    answer = page.post(at(license_, "people/"), {"people": [str(wilma.pk), str(sam.pk)]})
    assert answer["Location"] == at(license_)
    groups = page.get(at(license_, "groups/"), {"q": "crew"}).context["listing"].rows
    assert [(row.name, row.number_of_people, row.number_needed) for row in groups] == [
        ("Crew", 2, 1)
    ]
    page.post(at(license_, "groups/"), {"groups": [str(crew.pk)]})
    shown = text_of(page.get(at(license_)))
    assert '<dt>Taken</dt><dd class="numbers">3</dd>' in shown
    assert '<dt>Free</dt><dd class="numbers">0</dd>' in shown
    assert seats_taken(license_) == 3
    assert "Wilma Warehouse" in text_of(page.get(at(license_), {"q": "wilma"}))
    assert "Crew" not in text_of(page.get(at(license_), {"q": "wilma"}))
    # Who is in the group needs no seat any more.
    names = [row.first_name for row in page.get(at(license_, "people/")).context["listing"].rows]
    assert names == ["Ada"]


def test_more_seats_than_there_are_give_none_at_all(page, contoso, sam, wilma, hanna):
    license_ = make_license(contoso, quantity=2)
    body = {"people": [str(one.pk) for one in (sam, wilma, hanna)]}
    answer = page.post(at(license_, "people/"), body)
    assert answer.status_code == 409
    assert "has 2 seats, and 3 people would need one" in text_of(answer)
    assert answer.content.decode().count("checked") == 3
    assert not license_.seats.exists()
    assert not AuditEntry.objects.filter(target_kind="licenses.seat", act=Act.ADDED).exclude(
        actor=None
    )


@pytest.mark.parametrize("what", ["people", "groups"])
def test_what_is_anothers_does_not_exist(page, contoso, fabrikam, sam, magnus, what):
    """T3: ids of another tenant, of nothing, and no ids at all."""
    license_ = make_license(contoso)
    theirs = magnus.pk if what == "people" else make_group(fabrikam).pk
    for wrong in (str(theirs), str(license_.pk), "everybody"):
        assert page.post(at(license_, f"{what}/"), {what: [wrong]}).status_code == 404
    assert page.post(at(license_, f"{what}/"), {}).status_code == 400
    assert not license_.seats.exists()
    foreign = License.objects.get(tenant=fabrikam, product=Product.REMOTE_HELP)
    seat = foreign.seats.get()
    for step in ("", "change/", "cancel/", "people/", "groups/", f"seats/{seat.pk}/take-away/"):
        assert page.get(at(foreign, step)).status_code == 404, step
    # The seat of one licence is none of another's.
    assert page.post(at(license_, f"seats/{seat.pk}/take-away/")).status_code == 404
    assert page.post(
        LACKING, {"license": str(foreign.pk), "people": [str(sam.pk)]}
    ).status_code == (404)
    assert foreign.seats.count() == 1


def test_a_disabled_person_gets_no_seat(page, contoso, sam):
    license_ = make_license(contoso)
    sam.is_active = False
    sam.save()
    assert page.post(at(license_, "people/"), {"people": [str(sam.pk)]}).status_code == 400
    assert not license_.seats.exists()


def test_the_base_subscription_has_no_seats(page, contoso, sam):
    base = License.objects.get(tenant=contoso, product=Product.DEVICE_MANAGEMENT)
    assert page.get(at(base, "people/")).status_code == 409
    assert page.post(at(base, "people/"), {"people": [str(sam.pk)]}).status_code == 409
    assert not base.seats.exists()
    assert "covers the whole organisation" in text_of(page.get(at(base)))


def test_a_seat_is_taken_away_after_a_question_and_given_back(
    page, ada, contoso, addon, hanna, sam, active, django_capture_on_commit_callbacks
):
    seat = addon.seats.get()
    group = seat.group
    assert group is not None
    url = at(addon, f"seats/{seat.pk}/take-away/")
    shown = text_of(page.get(url))
    assert "Take the seat away from Everyone?" in shown
    assert "3 people have no other seat" in shown
    assert "Their sessions end now" in shown
    assert Seat.objects.filter(pk=seat.pk).exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = page.post(url)
    assert not addon.seats.exists()
    active.refresh_from_db()
    assert active.state == State.ENDED
    assert page.post(url).status_code == 404
    shown = text_of(page.get(answer["Location"]))
    assert "The seat of Everyone is taken away." in shown
    page.post(at(addon, "groups/"), {"groups": [str(group.pk)]})
    assert addon.seats.get().group == group
    assert "is taken away" not in text_of(page.get(answer["Location"]))
    for wrong in ("x", str(sam.pk), ""):
        assert page.get(at(addon), {"taken_groups": wrong}).status_code == 200


def test_who_lacks_a_licence_is_found_and_helped(page, contoso, addon, sam, magnus):
    lost = make_person(contoso, "Lars", "Lost", has_seat=False)
    soon = make_person(contoso, "Sonja", "Soon", has_seat=False)
    gone = make_person(contoso, "Gina", "Gone", has_seat=False)
    gone.is_active = False
    gone.save()
    pending = make_license(contoso, delay=timedelta(hours=1))
    assign_seat(actor=None, license_=pending, group=make_group(contoso, people=[soon]))
    assert "2 people have no seat" in text_of(page.get(LICENSES))

    def names(**query):
        return [row.first_name for row in page.get(LACKING, query).context["listing"].rows]

    assert names() == ["Lars", "Sonja"]
    assert names(is_coming="yes") == ["Sonja"]
    assert names(is_coming="no") == ["Lars"]
    assert names(q="sonja") == ["Sonja"]
    assert names(sort="-name") == ["Sonja", "Lars"]
    body = {"license": str(addon.pk), "people": [str(lost.pk)]}
    assert page.post(LACKING, body)["Location"] == LACKING
    assert names() == ["Sonja"]
    assert page.post(LACKING, body).status_code == 302  # twice is once
    assert addon.seats.filter(person=lost).count() == 1
    License.objects.filter(pk=addon.pk).update(
        ends_at=now() - timedelta(days=1), activates_at=now() - timedelta(days=2)
    )
    assert sorted(names()) == ["Ada", "Lars", "Sam", "Sonja"]


def test_a_long_list_of_who_lacks_one_is_paged_by_key(page, contoso, django_assert_max_num_queries):
    for number in range(55):
        make_person(contoso, f"P{number:02}", "Same", has_seat=False)
    with django_assert_max_num_queries(16):
        first = page.get(LACKING)
    listing = first.context["listing"]
    assert len(listing.rows) == 50
    assert len(page.get(listing.next_url).context["listing"].rows) == 5


@pytest.mark.parametrize(
    "name", ["🦄 crew", "\u202e\u05e2\u05e8\u05d1", "<script>alert(1)</script>", "x" * 120]
)
def test_names_of_all_kinds_are_shown_as_they_are(page, contoso, name):
    license_ = make_license(contoso)
    assign_seat(actor=None, license_=license_, group=make_group(contoso, name))
    assert escape(name) in page.get(at(license_)).content.decode()
    assert page.get(at(license_), {"q": "x" * 10_000}).status_code == 400
    assert page.get(LACKING, {"q": "🦄" * 10}).status_code == 200


def test_only_who_may_manage_licences_comes_in(client, contoso, hanna, addon):
    client.force_login(hanna)
    assert client.get(LICENSES).status_code == 403
    grant_administration(actor=None, person=hanna, permissions=["tenants.manage_devices"])
    assert client.get(at(addon)).status_code == 403
    assert client.post(at(addon, "cancel/")).status_code == 403
    assert "Licences" not in text_of(client.get("/"))
    grant_administration(actor=None, person=hanna, permissions=["tenants.manage_licenses"])
    assert client.get(at(addon)).status_code == 200
    assert LICENSES in text_of(client.get("/"))
    addon.refresh_from_db()
    assert addon.cancelled_at is None


def test_the_end_of_a_day_is_the_next_midnight():
    today = now().date()
    assert end_of(today).date() == today + timedelta(days=1)
