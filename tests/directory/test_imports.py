"""Importing people and memberships: what a file may be, what each row does, and that it is all or nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.common.errors import InvalidError, NotAllowedError
from apps.directory import csv_files, services
from apps.directory.models import Import, ImportState
from apps.directory.selectors import faults_of
from apps.directory.tasks import apply_import, check_import
from apps.licenses.services import assign_seat
from apps.tenants import audit
from apps.tenants.models import Act, AuditEntry, Group, User
from apps.tenants.services import disable_person, grant_administration
from tests.factories import make_group, make_license, make_person

IMPORTS = "/administration/people/import/"
HEAD = "email,first_name,last_name,job_title,groups\r\n"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


def send(page: Any, data: bytes | str, **said: str) -> Any:
    content = data if isinstance(data, bytes) else data.encode()
    return page.post(IMPORTS, {"file": SimpleUploadedFile("people.csv", content), **said})


def checked(ada: User, text: str, *, makes_groups: bool = False) -> Import:
    assert ada.tenant is not None
    made = services.begin_import(
        actor=ada, tenant=ada.tenant, data=text.encode(), makes_groups=makes_groups
    )
    services.check_import(made.pk)
    made.refresh_from_db()
    return made


def codes(row: Import) -> list[tuple[int, str, str]]:
    return [(one["number"], one["column"], one["code"]) for one in row.report["faults"]]


def test_a_file_is_looked_at_applied_and_written_down(page, ada, contoso, sam, hanna):
    """The walk: people come, somebody is renamed, groups gain members and one is made."""
    desk = make_group(contoso, "Desk", [hanna])
    file = (
        HEAD
        + "nora@contoso.example,Nora,نورة 🦊,Clerk,desk;New group\r\n"
        + "SAM@contoso.example,,Sharer-Smith,,\r\n"
        + "hanna@contoso.example,,,,Desk\r\n"
    )
    where = send(page, "\ufeff" + file, makes_groups="on")["Location"]
    shown = text_of(page.get(where))
    assert "What it would do" in shown
    assert not User.objects.filter(email="nora@contoso.example").exists()
    assert not Group.objects.filter(name="New group").exists()
    row = Import.objects.get()
    assert {name: row.report[name] for name in ("created", "changed", "joined", "groups")} == {
        "created": 1,
        "changed": 1,
        "joined": 2,
        "groups": 1,
    }
    assert (row.report["unchanged"], row.report["faulty"]) == (1, 0)

    assert page.post(f"{where}apply/")["Location"] == where
    nora = User.objects.get(email="nora@contoso.example")
    assert (nora.last_name, nora.job_title, nora.tenant) == ("نورة 🦊", "Clerk", contoso)
    assert not nora.has_usable_password()
    assert set(desk.people.all()) == {hanna, nora}
    assert list(Group.objects.get(name="New group").people.all()) == [nora]
    sam.refresh_from_db()
    assert (sam.first_name, sam.last_name, sam.job_title) == ("Sam", "Sharer-Smith", "Accountant")
    row.refresh_from_db()
    assert (row.state, row.text) == (ImportState.DONE, "")
    entries = AuditEntry.objects.filter(actor=ada, at__gte=row.created_at)
    assert [(e.act, e.target_kind) for e in entries.order_by("number")] == [
        (Act.ADDED, "tenants.user"),
        (Act.CHANGED, "tenants.user"),
        (Act.CHANGED, "tenants.group"),
        (Act.ADDED, "tenants.group"),
        (Act.IMPORTED, "directory.import"),
    ]
    assert audit.verify(contoso).faults == []
    assert page.post(f"{where}apply/").status_code == 409, "it is done once"
    assert "What was done" in text_of(page.get(where))


def test_each_fault_is_said_with_its_row_and_nothing_is_applied(
    page, ada, contoso, fabrikam, sam, hanna, wilma, magnus
):
    disable_person(actor=ada, person=wilma)
    User.objects.create(
        tenant=contoso, directory_oid="d-1", email="dora@contoso.example", first_name="Dora"
    )
    User.objects.create(
        tenant=fabrikam, directory_oid="", email="gone@contoso.example", first_name="Moved"
    )
    file = HEAD + "\r\n".join(
        [
            "good@contoso.example,Good,One,,",  # 2
            "no address,A,B,,",
            "spy@fabrikam.example,A,B,,",
            "magnus@fabrikam.example,A,B,,",
            "good@CONTOSO.example,Again,B,,",
            "wilma@contoso.example,,Other,,",  # 7
            "dora@contoso.example,Other,,,",
            "dora@contoso.example,,,,",
            "new@contoso.example,,,,",
            "sam@contoso.example,,,,No such group",
            "hanna@contoso.example,=HYPERLINK(1),,,",  # 12
            "plus@contoso.example,Plus,+1,,",
            "short@contoso.example,Short",
            f"long@contoso.example,{'x' * 10_000},B,,",
            "gone@contoso.example,Gone,B,,",
        ]
    )
    row = checked(ada, file)
    assert codes(row) == [
        (3, "email", "bad_address"),
        (4, "email", "foreign_domain"),
        (5, "email", "foreign_domain"),
        (6, "email", "twice"),
        (7, "email", "disabled"),
        (8, "email", "directory"),
        (9, "email", "twice"),
        (10, "email", "no_name"),
        (11, "groups", "no_group"),
        (12, "first_name", "formula"),
        (13, "last_name", "formula"),
        (14, "", "ragged"),
        (15, "first_name", "too_long"),
        (16, "email", "name_taken"),
    ]
    assert len({fault.words for fault in faults_of(row)}) == 11
    with pytest.raises(services.ImportFaultyError):
        services.begin_applying(actor=ada, row=row, valid_rows_only=False)
    assert not User.objects.filter(email="good@contoso.example").exists()
    shown = text_of(page.get(f"{IMPORTS}{row.pk}/"))
    assert "Apply the 1 valid row only" in shown
    assert "HYPERLINK" not in shown

    page.post(f"{IMPORTS}{row.pk}/apply/", {"valid_rows_only": "1"})
    row.refresh_from_db()
    assert row.state == ImportState.DONE
    assert User.objects.filter(email="good@contoso.example", first_name="Good").count() == 1
    assert not User.objects.filter(email="plus@contoso.example").exists()
    entry = AuditEntry.objects.get(act=Act.IMPORTED)
    assert entry.facts["changes"]["rows_left_out"] == [None, 14]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (HEAD.encode(), "no rows"),
        (b"\0\0\0", "no CSV file"),
        (HEAD.encode() + b"a@contoso.example,A\0,B,,\n", "no CSV file"),
        (HEAD.encode() + "a@contoso.example,Ü,B,,\n".encode("latin-1"), "not in UTF-8"),
        (b"name,address\na,b\n", "is missing"),
        (b"email,password\na@contoso.example,x\n", "no column"),
        (b"email,email\na@contoso.example,x\n", "twice"),
        (HEAD.encode() + b'"never closed\n', "near line"),
        (HEAD.encode() + b"x" * (6 * 1024 * 1024), "larger than 5 MB"),
        (b"email\n" + b"a@b.c\n" * 1_000_000, "larger than 5 MB"),
        (b"email\n" + b"a@b.c\n" * (csv_files.MOST_ROWS + 1), "more than 20000 rows"),
        (HEAD.encode() + b"a@contoso.example," + b"x" * 200_000 + b",B,,\n", "near line"),
        (b"PK\x03\x04" + b"\x93" * 40, "not in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(page, ada, contoso, data, words):
    answer = send(page, data)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        'email;last_name;groups\r\nn@contoso.example;N;"Desk;Everyone"\r\n',
        "Email\tLast name\tGroups\nn@contoso.example\tN\tDesk; Everyone ;desk\n",
        "\ufeffgroups,last_name,email\nDesk;EVERYONE,N,n@contoso.example\n\n\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_spreadsheets_write_is_read(page, contoso, data, encoding):
    make_group(contoso, "Desk")
    where = send(page, data.removeprefix("\ufeff").encode(encoding))["Location"]
    page.post(f"{where}apply/")
    made = User.objects.get(email="n@contoso.example")
    assert {group.name for group in made.directory_groups.all()} == {"Desk", "Everyone"}


def test_the_template_is_a_file_that_says_what_it_needs(page, contoso):
    answer = page.get(f"{IMPORTS}template/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content.decode() == "\ufeff" + HEAD
    filled = answer.content + b"n@contoso.example,N,N,,\r\n"
    assert send(page, filled).status_code == 302


def test_a_licence_without_enough_seats_is_said_before_and_refuses_all(page, ada, contoso, sam):
    group = make_group(contoso, "Seated", [sam])
    assign_seat(actor=None, license_=make_license(contoso, quantity=1), group=group)
    row = checked(ada, HEAD + "n@contoso.example,N,N,,Seated\r\n")
    assert "1 seats" in row.report["refusal"]
    assert "would be refused" in text_of(page.get(f"{IMPORTS}{row.pk}/"))
    page.post(f"{IMPORTS}{row.pk}/apply/")
    row.refresh_from_db()
    assert row.state == ImportState.FAILED
    assert not User.objects.filter(email="n@contoso.example").exists()
    assert list(group.people.all()) == [sam]
    assert not AuditEntry.objects.filter(act=Act.IMPORTED).exists()
    assert "Nothing was applied" in text_of(page.get(f"{IMPORTS}{row.pk}/"))


def test_what_changed_since_the_check_counts(page, ada, contoso):
    row = checked(ada, HEAD + "n@contoso.example,N,N,,\r\nm@contoso.example,M,M,,Desk\r\n")
    assert codes(row) == [(3, "groups", "no_group")]
    make_group(contoso, "Desk")
    row = checked(ada, HEAD + "n@contoso.example,N,N,,\r\nm@contoso.example,M,M,,Desk\r\n")
    assert row.report["faulty"] == 0
    Group.objects.filter(name="Desk").delete()
    page.post(f"{IMPORTS}{row.pk}/apply/")
    row.refresh_from_db()
    assert row.state == ImportState.FAILED
    assert codes(row) == [(3, "groups", "no_group")]
    assert not User.objects.filter(email="n@contoso.example").exists()


def test_who_lost_the_right_meanwhile_applies_nothing(ada, contoso):
    petra = make_person(contoso, "Petra", "People")
    grant_administration(actor=None, person=petra, permissions=["tenants.manage_people"])
    row = checked(petra, HEAD + "n@contoso.example,N,N,,\r\n")
    services.begin_applying(actor=petra, row=row, valid_rows_only=False)
    disable_person(actor=ada, person=petra)
    services.apply_import(row.pk)
    row.refresh_from_db()
    assert row.state == ImportState.FAILED
    assert not User.objects.filter(email="n@contoso.example").exists()
    # And nobody renames an administrator by a file whom they could not by hand.
    other = make_person(contoso, "Paul", "People")
    grant_administration(actor=None, person=other, permissions=["tenants.manage_people"])
    row = checked(other, HEAD + "ada@contoso.example,Eve,,,\r\n")
    assert codes(row) == [(2, "email", "outranks")]


def test_a_long_file_is_the_workers_and_the_page_shows_how_far_it_is(
    page, contoso, django_capture_on_commit_callbacks, monkeypatch
):
    lines = "".join(f"n{number}@contoso.example,N,N{number},,Everyone\r\n" for number in range(450))
    make_license(contoso, quantity=10_000)
    contoso.licenses.update(quantity=10_000)
    queued: list[str] = []
    monkeypatch.setattr(check_import, "delay", lambda pk: queued.append(f"check {pk}"))
    monkeypatch.setattr(apply_import, "delay", lambda pk: queued.append(f"apply {pk}"))
    with django_capture_on_commit_callbacks(execute=True):
        where = send(page, HEAD + lines)["Location"]
    row = Import.objects.get()
    assert queued == [f"check {row.pk}"]
    assert 'http-equiv="refresh"' in text_of(page.get(where))
    assert "<progress" in text_of(page.get(where))
    assert page.post(f"{where}apply/").status_code == 409
    check_import(str(row.pk))
    with django_capture_on_commit_callbacks(execute=True):
        page.post(f"{where}apply/")
    assert queued[1:] == [f"apply {row.pk}"]
    assert page.post(f"{where}drop/").status_code == 409, "it is being applied"
    apply_import(str(row.pk))
    apply_import(str(row.pk))  # delivered twice: done once
    row.refresh_from_db()
    assert row.state == ImportState.DONE
    assert services.progress_of(row) == 100
    assert Group.objects.get(tenant=contoso, name="Everyone").people.count() == 451
    assert AuditEntry.objects.filter(act=Act.IMPORTED).count() == 1


def test_the_work_does_not_grow_with_the_rows_by_queries(
    ada, contoso, django_assert_max_num_queries
):
    contoso.licenses.update(quantity=10_000)
    lines = "".join(f"n{number}@contoso.example,N,N{number},,Everyone\r\n" for number in range(400))
    row = checked(ada, HEAD + lines)
    services.begin_applying(actor=ada, row=row, valid_rows_only=False)
    with django_assert_max_num_queries(80):
        services.apply_import(row.pk)
    row.refresh_from_db()
    assert row.state == ImportState.DONE


def test_files_of_others_are_nothing_here_and_nobody_else_sends_one(
    page, ada, hanna, mallory, contoso, fabrikam
):
    """T3."""
    grant_administration(actor=None, person=mallory)
    theirs = checked(mallory, HEAD + "n@fabrikam.example,N,N,,\r\n")
    for step in ("", "apply/", "drop/"):
        call = page.post if step else page.get
        assert call(f"{IMPORTS}{theirs.pk}/{step}").status_code == 404
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.begin_import(actor=actor, tenant=contoso, data=b"x", makes_groups=False)
        with pytest.raises((NotAllowedError, InvalidError)):
            services.begin_applying(
                actor=ada if actor is mallory else hanna, row=theirs, valid_rows_only=False
            )
    theirs.refresh_from_db()
    assert theirs.state == ImportState.CHECKED


def test_what_a_lost_worker_left_is_taken_up_again(ada, contoso, clock):
    """The embedded queue dies with its process."""
    lost = services.begin_import(
        actor=ada,
        tenant=contoso,
        data=(HEAD + "n@contoso.example,N,N,,\r\n").encode(),
        makes_groups=False,
    )
    assert services.go_on_with_imports() == 0, "the worker may still come to it"
    clock.shift(timedelta(minutes=11))
    assert services.go_on_with_imports() == 1
    lost.refresh_from_db()
    assert lost.state == ImportState.CHECKED
    services.begin_applying(actor=ada, row=lost, valid_rows_only=False)
    assert services.go_on_with_imports() == 1
    lost.refresh_from_db()
    assert lost.state == ImportState.DONE
    assert services.go_on_with_imports() == 0


def test_files_are_forgotten(page, ada, contoso, clock):
    """M4."""
    dropped = checked(ada, HEAD + "n@contoso.example,N,N,,\r\n")
    assert page.post(f"{IMPORTS}{dropped.pk}/drop/")["Location"] == IMPORTS
    waiting = checked(ada, HEAD + "n@contoso.example,N,N,,\r\n")
    done = checked(ada, HEAD + "m@contoso.example,M,M,,\r\n")
    page.post(f"{IMPORTS}{done.pk}/apply/")
    clock.shift(timedelta(days=1, minutes=1))
    assert services.forget_imports() == 1
    assert not Import.objects.filter(pk=waiting.pk).exists()
    clock.shift(timedelta(days=29))
    assert services.forget_imports() == 1
    assert not Import.objects.exists()
