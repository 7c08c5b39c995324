"""What is changed in the Django admin takes effect on what is running."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.licenses.models import Seat
from apps.roles.models import RoleAssignment
from apps.sessions.models import SessionEvent
from apps.sessions.states import EndReason, State
from apps.tenants.models import User
from tests.factories import make_license, make_person


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Do what waits for the commit, as the real site does."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def _ended(session) -> tuple[str, str]:
    session.refresh_from_db()
    return session.state, session.end_reason


def test_switching_remote_help_off_ends_what_runs(as_operator, commits, contoso, active):
    """T1"""
    body = {"name": "Contoso", "slug": contoso.slug, "cloud": "public"}
    with commits():
        answer = as_operator.post(reverse("admin:tenants_tenant_change", args=[contoso.pk]), body)
    assert answer.status_code == 302
    assert _ended(active) == (State.ENDED, EndReason.GROUND_LOST)


def test_deleting_the_assignment_ends_what_stood_on_it(as_operator, commits, active, hanna):
    assignment = RoleAssignment.objects.get(admin_groups__people=hanna)
    with commits():
        as_operator.post(
            reverse("admin:roles_roleassignment_delete", args=[assignment.pk]), {"post": "yes"}
        )
    assert _ended(active) == (State.ENDED, EndReason.GROUND_LOST)


def test_deleting_many_at_once_ends_it_too(as_operator, commits, active):
    seats = [str(pk) for pk in Seat.objects.values_list("pk", flat=True)]
    with commits():
        as_operator.post(
            reverse("admin:licenses_seat_changelist"),
            {"action": "delete_selected", "_selected_action": seats, "post": "yes"},
        )
    assert not Seat.objects.exists()
    assert _ended(active) == (State.ENDED, EndReason.GROUND_LOST)


def test_taking_the_sharer_out_of_the_scope_group_ends_it(as_operator, commits, active, hanna):
    """Only the membership is written: the row of the group stays as it was."""
    assignment = RoleAssignment.objects.get(admin_groups__people=hanna)
    group = assignment.scope_groups.get()
    with commits():
        answer = as_operator.post(
            reverse("admin:tenants_group_change", args=[group.pk]), {"name": group.name}
        )
    assert answer.status_code == 302
    assert _ended(active) == (State.ENDED, EndReason.GROUND_LOST)


def test_a_change_that_takes_nothing_away_ends_nothing(as_operator, commits, active, sam):
    body = {"email": sam.email, "first_name": "Samuel", "last_name": "S", "is_active": "on"}
    with commits():
        answer = as_operator.post(reverse("admin:tenants_user_change", args=[sam.pk]), body)
    assert answer.status_code == 302
    assert _ended(active) == (State.ACTIVE, "")


def test_disabling_a_person_ends_what_they_take_part_in(as_operator, commits, active, sam):
    body = {"email": sam.email, "first_name": "Sam", "last_name": "Sharer"}
    with commits():
        as_operator.post(reverse("admin:tenants_user_change", args=[sam.pk]), body)
    assert not User.objects.get(pk=sam.pk).is_active
    assert _ended(active) == (State.ENDED, EndReason.GROUND_LOST)


def test_the_selected_sessions_are_ended_and_ended_ones_left_alone(
    as_operator, operator, active, waiting, hanna
):
    from apps.sessions.services import leave_session

    leave_session(actor=hanna, session=waiting.session)
    where = reverse("admin:help_sessions_helpsession_changelist")
    answer = as_operator.post(
        where,
        {
            "action": "end_selected",
            "_selected_action": [str(active.pk), str(waiting.session.pk)],
        },
        follow=True,
    )
    assert "1 session was ended." in answer.content.decode()
    assert _ended(active) == (State.ENDED, EndReason.ENDED_BY_ADMIN)
    assert _ended(waiting.session) == (State.ENDED, EndReason.HELPER_LEFT)
    event = SessionEvent.objects.get(session=active, name="ended")
    assert event.actor == operator


def test_ending_is_not_for_who_may_only_read(client, contoso, active):
    from apps.tenants.services import grant_administration
    from tests.factories import make_person

    reader = make_person(contoso, "Rita", "Reader")
    reader.is_staff = True
    reader.save()
    grant_administration(actor=None, person=reader, permissions=["tenants.view_reports"])
    client.force_login(reader)
    where = reverse("admin:help_sessions_helpsession_changelist")

    assert client.get(where).status_code == 200
    client.post(where, {"action": "end_selected", "_selected_action": [str(active.pk)]})
    assert _ended(active)[0] == State.ACTIVE


def test_staff_cannot_end_a_session_of_another_tenant(as_staff, mallory, magnus):
    from tests.factories import make_session

    foreign = make_session(mallory, magnus, State.ACTIVE)
    where = reverse("admin:help_sessions_helpsession_changelist")
    as_staff.post(where, {"action": "end_selected", "_selected_action": [str(foreign.pk)]})
    assert _ended(foreign)[0] == State.ACTIVE


def test_sessions_are_neither_added_nor_changed_nor_deleted(as_operator, active):
    where = "admin:help_sessions_helpsession"
    assert as_operator.get(reverse(f"{where}_add")).status_code == 403
    change = as_operator.post(reverse(f"{where}_change", args=[active.pk]), {"state": "ended"})
    assert change.status_code == 403
    delete = as_operator.post(reverse(f"{where}_delete", args=[active.pk]), {"post": "yes"})
    assert delete.status_code == 403
    assert _ended(active)[0] == State.ACTIVE


def test_more_people_than_seats_are_refused_in_the_admin_too(as_operator, contoso):
    """L3."""
    few = make_license(contoso, quantity=1)
    ida, jan = (make_person(contoso, name, has_seat=False) for name in ("Ida", "Jan"))

    def give(person):
        body = {"license": str(few.pk), "person": str(person.pk), "group": ""}
        return as_operator.post(
            reverse("admin:licenses_seat_add"),
            body | {"assigned_at_0": "2026-01-01", "assigned_at_1": "08:00:00"},
        )

    assert give(ida).status_code == 302
    refused = give(jan)
    assert refused.status_code == 200
    assert "2 people would need one" in refused.content.decode()
    assert [seat.person for seat in few.seats.all()] == [ida]
