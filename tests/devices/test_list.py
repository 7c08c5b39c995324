"""The list of devices: narrowed, sorted, saved as views, exported, and many done at once (D4)."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.clock import now
from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError
from apps.common.exports import csv_chunks, neutral
from apps.devices import services
from apps.devices.findings import DeviceFacts
from apps.devices.models import Device, Enrolment, SavedView
from apps.devices.rows import SEEN, DeviceFilters, device_page
from apps.devices.selectors import device_state, view_state, views_for
from apps.roles.models import Action
from apps.sessions.models import HelpSession
from apps.sessions.states import State
from apps.tenants.models import AuditEntry
from tests.factories import (
    make_assignment,
    make_device,
    make_group,
    make_person,
    make_role,
    make_session,
)

LIST = "/devices/"
API = "/api/v1/devices/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def names(actor: Any, sort: str = "name", **filters: Any) -> list[str]:
    return [row.name for row in device_page(actor, DeviceFilters(**filters), sort=sort).rows]


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def fleet(contoso, sam, wilma):
    """Four devices, each of another kind."""
    made = {
        name: make_device(contoso, name=name, owner=owner, enrolment=enrolment)
        for name, owner, enrolment in (
            ("alpha", sam, Enrolment.ENROLLED),
            ("bravo", wilma, Enrolment.ENROLLED),
            ("charlie", None, Enrolment.ENROLLED),
            ("delta", sam, Enrolment.UNENROLLED),
        )
    }
    for name, version in (("alpha", "1.9.2"), ("bravo", "1.10"), ("charlie", ""), ("delta", "2")):
        made[name].app_version = version
        made[name].save(update_fields=["app_version", "app_version_key"])
    days = {"alpha": 0, "bravo": 10, "charlie": 40}
    for name, number in days.items():
        seen = now() - timedelta(days=number)
        Device.objects.filter(name=name).update(last_seen_at=seen)
    Device.objects.filter(name="delta").update(last_seen_at=None, system="windows")
    return made


# --- filters and order ----------------------------------------------------------------------------


def test_each_filter_narrows_to_what_it_says(ada, fleet, contoso):
    group = make_group(contoso, "Fleet")
    fleet["bravo"].groups.add(group)
    policy = services.create_policy(
        actor=None, tenant=contoso, name="P", rule="firewall", groups=[group]
    )
    services.evaluate_policy(policy=policy)
    for filters, found in (
        ({"owner": "wilma"}, ["bravo"]),
        ({"owner": "alpha"}, []),
        ({"search": "alpha"}, ["alpha"]),
        ({"group": group.pk}, ["bravo"]),
        ({"fails": policy.pk}, ["bravo"]),
        ({"app_below": "1.10"}, ["alpha"]),
        ({"app_below": "2.0.0"}, ["alpha", "bravo"]),
        ({"seen": SEEN["7"]}, ["alpha"]),
        ({"seen": SEEN["30"]}, ["alpha", "bravo"]),
        ({"seen": SEEN["not7"]}, ["bravo", "charlie", "delta"]),
        ({"seen": SEEN["not90"]}, ["delta"]),
        ({"seen": SEEN["never"]}, ["delta"]),
        ({"is_compliant": True}, ["alpha", "charlie"]),
    ):
        assert names(ada, **filters) == found, filters
        assert DeviceFilters(**filters).are_narrowing


def test_the_order_is_that_of_versions_times_and_owners(ada, fleet):
    assert names(ada, "app") == ["charlie", "alpha", "bravo", "delta"]
    assert names(ada, "-app") == ["delta", "bravo", "alpha", "charlie"]
    assert names(ada, "seen") == ["delta", "charlie", "bravo", "alpha"]
    assert names(ada, "owner")[0] == "charlie"
    assert names(ada, "owner")[-1] == "bravo"


def test_what_the_app_says_of_its_version_is_sorted_by(ada, fleet):
    facts = DeviceFacts(system_version="12")
    services.report_device(device=fleet["alpha"], app_version="11.0.1", facts=facts)
    assert names(ada, "-app")[0] == "alpha"


def test_a_group_and_a_policy_of_another_tenant_are_no_choice(page, fleet, contoso, fabrikam):
    """T3."""
    group, theirs = make_group(contoso, "Ours"), make_group(fabrikam, "Theirs")
    assert page.get(LIST, {"group": group.pk}).status_code == 200
    answer = page.get(LIST, {"group": theirs.pk})
    assert answer.status_code == 400
    assert ">Theirs<" not in text_of(answer)
    assert ">alpha<" not in text_of(answer)


def test_a_helper_is_not_asked_about_groups_and_gets_no_boxes(client, hanna, page, fleet, contoso):
    make_group(contoso, "Ours")
    managed = text_of(page.get(LIST))
    client.force_login(hanna)
    helped = text_of(client.get(LIST))
    for part in ('name="group"', 'form="bulk"', "Share it"):
        assert (part in managed or part == "Share it") is True
        assert part not in helped


def test_the_list_takes_the_same_number_of_queries_however_long(page, contoso, sam):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(f"{LIST}?sort=-seen&compliance=no").status_code == 200
        return len(captured)

    make_device(contoso, owner=sam)
    before = queries()
    for number in range(10):
        device = make_device(contoso, owner=make_person(contoso))
        device.groups.add(make_group(contoso))
        services.create_policy(
            actor=None,
            tenant=contoso,
            name=f"P{number}",
            rule="firewall",
            covers_all_devices=True,
        )
    assert queries() == before
    assert before <= 18, before


# --- saved views ----------------------------------------------------------------------------------


def test_a_view_is_saved_from_the_list_shown_there_and_opened(page, ada, fleet):
    shown = text_of(page.get(f"{LIST}?seen=not7&sort=-seen"))
    assert "Save as a view" in shown
    query = re.search(r'name="query" value="([^"]+)"', shown)
    assert query is not None
    said = {"name": "Gone quiet", "query": query[1].replace("&amp;", "&")}
    saved = page.post(f"{LIST}views/", said)
    assert saved["Location"] == f"{LIST}?seen=not7&sort=-seen"
    row = SavedView.objects.get()
    assert (row.person, row.query) == (ada, {"seen": "not7", "sort": "-seen"})
    opened = text_of(page.get(saved["Location"]))
    assert re.search(r'aria-current="page">Gone quiet</a>', opened)
    assert "Save as a view" not in opened
    assert not AuditEntry.objects.filter(target_kind="devices.savedview").exists()


def test_own_views_are_ones_own_and_shared_ones_are_everybodys(ada, hanna, sam, mallory, contoso):
    services.save_view(actor=hanna, name="Mine", query={"q": "x"})
    services.save_view(actor=ada, name="Ours", query={"q": "y"}, is_shared=True)
    for person, found in ((hanna, ["Mine", "Ours"]), (ada, ["Ours"]), (mallory, [])):
        assert [view.name for view in views_for(person)] == found
    with pytest.raises(NotAllowedError):
        services.save_view(actor=hanna, name="All", query={}, is_shared=True)
    mine, ours = SavedView.objects.order_by("name")
    for actor, view, error in (
        (ada, mine, NotFoundError),
        (mallory, mine, NotFoundError),
        (mallory, ours, NotFoundError),
        (hanna, ours, NotAllowedError),
    ):
        with pytest.raises(error):
            services.change_view(actor=actor, view=view, name="Z", query={})
        with pytest.raises(error):
            services.delete_view(actor=actor, view=view)
    assert SavedView.objects.count() == 2


def test_a_view_that_cannot_be_is_refused(ada, hanna):
    services.save_view(actor=ada, name="Mine", query={"q": "x"})
    bads: tuple[dict[str, Any], ...] = (
        {"name": "", "query": {}},
        {"name": "MINE", "query": {}},
        {"name": "x" * 61, "query": {}},
        {"name": "N", "query": {"order_by": "password"}},
        {"name": "N", "query": {"q": "x" * 101}},
    )
    for bad in bads:
        with pytest.raises(InvalidError):
            services.save_view(actor=ada, **bad)
    services.save_view(actor=hanna, name="Mine", query={})  # of somebody else
    services.save_view(actor=ada, name="Mine", query={}, is_shared=True)  # on the other side
    for number in range(49):
        services.save_view(actor=ada, name=f"V{number}", query={})
    with pytest.raises(services.TooManyViewsError):
        services.save_view(actor=ada, name="One more", query={})


def test_two_administrators_change_a_shared_view(ada, contoso):
    view = services.save_view(actor=ada, name="Ours", query={"q": "x"}, is_shared=True)
    seen = fingerprint(view_state(view))
    services.change_view(actor=ada, view=view, name="First", query={"q": "y"}, seen=seen)
    with pytest.raises(ChangedMeanwhileError):
        services.change_view(actor=ada, view=view, name="Second", query={}, seen=seen)
    view.refresh_from_db()
    assert (view.name, view.query) == ("First", {"q": "y"})
    services.delete_view(actor=ada, view=view)
    with pytest.raises(NotFoundError):
        services.delete_view(actor=ada, view=view)


def test_views_are_renamed_and_deleted_on_their_page(page, ada, fleet):
    assert "Narrow the list of devices" in text_of(page.get(f"{LIST}views/"))
    view = services.save_view(actor=ada, name="Old", query={"q": "x"})
    other = services.save_view(actor=ada, name="Other", query={"q": "x"})
    where = f"{LIST}views/{view.pk}/"
    taken = page.post(where, {"name": "OTHER", "query": "q=x"})
    assert taken.status_code == 400
    assert "already used" in text_of(taken)
    assert page.post(where, {"name": "New", "query": "q=z&evil=1"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.query) == ("New", {"q": "z"})
    assert "Delete the view New?" in text_of(page.get(f"{where}delete/"))
    assert page.post(f"{where}delete/").status_code == 302
    assert list(views_for(ada)) == [other]


def test_a_shared_view_shows_to_each_what_is_theirs(client, ada, hanna, otto, fleet):
    view = services.save_view(actor=ada, name="Ours", query={"sort": "-name"}, is_shared=True)
    for person, found in ((ada, 4), (hanna, 2), (otto, 1)):
        client.force_login(person)
        shown = text_of(client.get(f"{LIST}?sort=-name"))
        assert f">{view.name}</a>" in shown
        assert sum(f">{name}</a>" in shown for name in fleet) == found


# --- export ---------------------------------------------------------------------------------------


def sheet_of(answer: Any) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def lines_of(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_export_holds_what_the_list_shows_in_its_order(page, fleet, contoso):
    make_group(contoso, "Fleet").devices.add(fleet["bravo"])
    address = "?seen=not7&sort=-name"
    answer = page.get(f"{LIST}export/csv/{address}")
    assert answer["Content-Disposition"] == 'attachment; filename="devices.csv"'
    header, *rows = lines_of(answer)
    assert header[0] == "Device"
    assert [row[0] for row in rows] == ["delta", "charlie", "bravo"]
    bravo = dict(zip(header, rows[2], strict=True))
    assert bravo["Owner"] == "Wilma Warehouse"
    assert (bravo["Groups"], bravo["Compliance"]) == ("Fleet", "Compliant")
    head, *same = sheet_of(page.get(f"{LIST}export/xlsx/{address}"))
    assert head == header
    assert [row[0] for row in same] == ["delta", "charlie", "bravo"]
    assert same[1][8].tzinfo is None
    assert same[0][8] is None


def test_the_export_has_the_walls_of_the_page(client, hanna, sam, ada, mallory, fleet, fabrikam):
    """R5, T3."""
    make_device(fabrikam, name="theirs")
    for person, found in (
        (hanna, ["alpha", "delta"]),
        (sam, []),
        (mallory, ["theirs"]),
        (ada, ["alpha", "bravo", "charlie", "delta"]),
    ):
        client.force_login(person)
        header, *rows = lines_of(client.get(f"{LIST}export/csv/"))
        assert [row[0] for row in rows] == found
        assert ("Note" in header) is (person == ada)
    client.force_login(ada)
    assert client.get(f"{LIST}export/pdf/").status_code == 404
    assert client.get(f"{LIST}export/csv/?system=beos").status_code == 302


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", " =cmd|' /C calc'!A0", "\t=1", "＝1"]
)
def test_no_cell_is_a_formula(page, contoso, name):
    make_device(contoso, name="x")
    Device.objects.update(name=name)
    _header, row = lines_of(page.get(f"{LIST}export/csv/"))
    assert row[0].startswith("'")
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(page.get(f"{LIST}export/xlsx/").streaming_content))
    )
    cell = book.active["A2"]
    assert cell.data_type != "f"
    assert cell.quotePrefix
    assert cell.value == name


def test_names_of_all_kinds_survive(page, contoso):
    for name in ('a "b", c', "日本 🛠", "two\nlines", "bell\x07", "مكتب"):
        device = make_device(contoso, name="x")
        Device.objects.filter(pk=device.pk).update(name=name)
    rows = lines_of(page.get(f"{LIST}export/csv/"))[1:]
    assert {row[0] for row in rows} == {'a "b", c', "日本 🛠", "two\nlines", "bell", "مكتب"}
    sheet = sheet_of(page.get(f"{LIST}export/xlsx/"))[1:]
    assert {row[0] for row in sheet} == {row[0] for row in rows}


def test_a_file_comes_in_parts_and_only_signs_that_begin_formulas_are_marked():
    parts = list(csv_chunks(["n"], ([number] for number in range(2000))))
    assert len(parts) > 3
    assert parts[0].startswith(b"\xef\xbb\xbfn\r\n0\r\n")
    assert neutral("a=b") == "a=b"
    assert neutral("") == ""


def test_the_export_takes_the_same_number_of_queries_however_long(page, contoso, sam):
    def queries(form: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            b"".join(page.get(f"{LIST}export/{form}/").streaming_content)
        return len(captured)

    make_device(contoso, owner=sam).groups.add(make_group(contoso))
    before = [queries("csv"), queries("xlsx")]
    for _ in range(10):
        make_device(contoso, owner=make_person(contoso)).groups.add(make_group(contoso))
    assert [queries("csv"), queries("xlsx")] == before
    assert max(before) <= 14, before


# --- many at once, and one ------------------------------------------------------------------------


def test_chosen_devices_join_a_group(page, ada, contoso, fabrikam, fleet):
    group, theirs = make_group(contoso, "Fleet"), make_device(fabrikam, name="theirs")
    chosen = [fleet["alpha"].pk, fleet["bravo"].pk, theirs.pk]
    said = {"device": chosen, "act": "group", "group": group.pk, "query": "sort=-name"}
    answer = page.post(f"{LIST}bulk/", said, follow=True)
    assert answer.redirect_chain[0][0] == f"{LIST}?sort=-name"
    assert "2 devices are now in Fleet." in text_of(answer)
    assert set(group.devices.values_list("name", flat=True)) == {"alpha", "bravo"}
    entry = AuditEntry.objects.get(target_kind="tenants.group", act="changed")
    assert entry.actor == ada
    bads: tuple[dict[str, Any], ...] = ({"device": []}, {"group": ""})
    for bad in bads:
        assert "first." in text_of(page.post(f"{LIST}bulk/", said | bad, follow=True))
    foreign = make_group(fabrikam, "Theirs")
    assert page.post(f"{LIST}bulk/", said | {"group": foreign.pk}).status_code == 404
    assert page.post(f"{LIST}bulk/", said | {"device": ["x"]}).status_code == 404
    assert not foreign.devices.exists()


def test_chosen_devices_are_removed_after_a_question(page, contoso, fleet):
    said = {"device": [fleet["alpha"].pk, fleet["bravo"].pk], "act": "remove", "query": "q=a"}
    question = text_of(page.post(f"{LIST}bulk/", said))
    assert "Remove 2 devices from Remote Help?" in question
    assert "alpha, bravo" in question
    assert not Device.objects.filter(revoked_at__isnull=False).exists()
    carried = dict(re.findall(r'name="(act|query|confirmed)" value="([^"]*)"', question))
    done = page.post(f"{LIST}bulk/", {"device": said["device"], **carried}, follow=True)
    assert done.redirect_chain[0][0] == f"{LIST}?q=a"
    assert "2 devices are removed" in text_of(done)
    gone = Device.objects.filter(revoked_at__isnull=False)
    assert set(gone.values_list("name", flat=True)) == {"alpha", "bravo"}


def test_a_note_and_groups_are_kept_of_a_device(page, ada, contoso, fabrikam, fleet):
    device, group = fleet["alpha"], make_group(contoso, "Fleet")
    where = f"{LIST}{device.pk}/change/"
    form = text_of(page.get(where))
    version = re.search(r'name="version" value="(\w+)"', form)
    assert version is not None
    said = {"note": "On loan", "groups": [group.pk], "version": version[1]}
    assert page.post(where, said).status_code == 302
    shown = text_of(page.get(f"{LIST}{device.pk}/"))
    assert "<dd>On loan</dd>" in shown
    assert "<dd>Fleet</dd>" in shown
    second = page.post(where, said | {"note": "Mine"})
    assert second.status_code == 409
    assert "<td>On loan</td><td>Mine</td>" in text_of(second)
    theirs = make_group(fabrikam, "Theirs")
    assert page.post(where, {"note": "", "groups": [theirs.pk]}).status_code == 400
    assert page.post(where, {"note": "x" * 501, "groups": []}).status_code == 400
    with pytest.raises(NotAllowedError):
        services.change_device(actor=ada, device=device, note="", groups=[theirs])
    device.refresh_from_db()
    assert device_state(device) == {"note": "On loan", "groups": [str(group.pk)]}


def test_other_groups_of_a_device_are_previewed_before_they_are_saved(
    page, contoso, hanna, fleet, django_capture_on_commit_callbacks
):
    """On the device's page, for many at once, and over the API: the same answer, and nothing is changed."""
    device, group = fleet["bravo"], make_group(contoso, "Fleet")
    viewer = make_assignment(hanna, role=make_role(contoso, Action.VIEW_SCREEN), scope=[])
    viewer.scope_groups.add(group)
    entries = AuditEntry.objects.count()
    with django_capture_on_commit_callbacks() as told:
        one = page.post(
            f"{LIST}{device.pk}/change/", {"note": "x", "groups": [group.pk], "preview": "1"}
        )
        said = {"device": [device.pk], "group": group.pk, "query": "q=b"}
        many = page.post(f"{LIST}bulk/", said | {"act": "preview"})
        api = [
            page.post(f"/api/v1/devices/{where}", body, content_type="application/json").json()
            for where, body in (
                (f"{device.pk}/preview/", {"note": "", "groups": [group.pk]}),
                ("add-to-group/preview/", {"devices": [device.pk], "group": group.pk}),
            )
        ]
    for answer in (one, many):
        shown = text_of(answer)
        assert 'data-action="view_screen"' in shown
        assert "Hanna Helper (1/1)" in shown
        assert "bravo" in shown
    for answer in api:
        (gained,) = answer["differences"]
        assert (gained["action"], gained["is_gain"], gained["devices"]) == (
            "view_screen",
            True,
            ["bravo"],
        )
    assert told == []
    assert not device.groups.exists()
    assert AuditEntry.objects.count() == entries
    # From the preview of many they are put into the group.
    carried = dict(re.findall(r'name="(device|group|query)" value="([^"]*)"', text_of(many)))
    assert page.post(f"{LIST}bulk/", carried | {"act": "group"})["Location"] == f"{LIST}?q=b"
    assert device.groups.get() == group


def test_the_question_before_a_device_is_removed_says_what_ends(page, hanna, sam, fleet):
    session = make_session(hanna, sam, State.ACTIVE, device=fleet["alpha"])
    where = f"{LIST}{fleet['alpha'].pk}/remove/"
    assert "1 session on it ends now: Hanna Helper." in text_of(page.get(where))
    HelpSession.objects.filter(pk=session.pk).update(
        state=State.ENDED, ended_at=now(), end_reason="helper_left"
    )
    assert "No session is on it right now." in text_of(page.get(where))


def test_sessions_older_than_30_days_are_not_on_the_page(page, hanna, sam, fleet):
    session = make_session(hanna, sam, State.ENDED)
    HelpSession.objects.filter(pk=session.pk).update(device=fleet["alpha"])
    where = f"{LIST}{fleet['alpha'].pk}/"
    assert str(session.pk) in text_of(page.get(where))
    HelpSession.objects.update(opened_at=now() - timedelta(days=31))
    assert str(session.pk) not in text_of(page.get(where))
    assert "no session on this device in the last 30 days" in text_of(page.get(where))


# --- API ------------------------------------------------------------------------------------------


@pytest.fixture
def api(page):
    def ask(method: str, address: str, body: Any = None) -> Any:
        if method == "GET":
            return page.get(f"{API}{address}", body or {})
        said = json.dumps(body or {}, default=str)
        return page.generic(method, f"{API}{address}", said, content_type="application/json")

    return ask


def test_the_list_over_http_narrows_sorts_and_pages(api, fleet, contoso):
    def found(**query: Any) -> list[str]:
        return [row["name"] for row in api("GET", "", query).json()["devices"]]

    assert found() == ["alpha", "bravo", "charlie", "delta"]
    assert found(sort="-app", limit=2) == ["delta", "bravo"]
    assert found(is_compliant="false") == ["delta"]
    assert found(seen="not7", owner="wilma") == ["bravo"]
    assert found(app_below="1.10") == ["alpha"]
    first = api("GET", "", {"limit": 3, "sort": "seen"}).json()
    rest = api("GET", "", {"limit": 3, "sort": "seen", "cursor": first["next_cursor"]}).json()
    assert [row["name"] for row in rest["devices"]] == ["alpha"]
    for bad in ({"sort": "id"}, {"seen": "8"}, {"app_below": "x"}, {"group": "1"}, {"nope": "1"}):
        assert api("GET", "", bad).status_code == 400, bad


def test_a_device_over_http(api, fleet, contoso, fabrikam):
    device = fleet["alpha"]
    facts = DeviceFacts(system_version="12", firewall=False, updates_pending=2)
    services.report_device(device=device, app_version="1.4.0", facts=facts)
    policy = services.create_policy(
        actor=None, tenant=contoso, name="Walls", rule="firewall", covers_all_devices=True
    )
    services.evaluate_policy(policy=policy)
    row = api("GET", f"{device.pk}/").json()
    assert (row["is_compliant"], row["report"]["updates_pending"]) == (False, 2)
    assert row["policies"][0]["found"] == "No firewall is on."
    group = make_group(contoso, "Fleet")
    said = {"note": "N", "groups": [group.pk], "version": row["version"]}
    assert api("PUT", f"{device.pk}/", said).json()["groups"][0]["name"] == "Fleet"
    assert api("PUT", f"{device.pk}/", said | {"note": "M"}).status_code == 409
    assert api("PUT", f"{device.pk}/", {"note": "N", "groups": [group.pk]}).status_code == 200
    theirs = make_group(fabrikam)
    assert api("PUT", f"{device.pk}/", {"note": "", "groups": [theirs.pk]}).status_code == 400
    for _ in range(2):  # the same however often
        assert api("POST", f"{device.pk}/remove/").json()["revoked_at"] is not None
    for _ in range(2):
        assert api("POST", f"{device.pk}/restore/").json()["revoked_at"] is None


def test_devices_join_a_group_over_http(api, fleet, contoso, fabrikam):
    group, theirs = make_group(contoso), make_device(fabrikam)
    ids = [fleet["alpha"].pk, fleet["bravo"].pk]
    said = {"devices": ids, "group": group.pk}
    assert api("POST", "add-to-group/", said).json() == {"number": 2}
    assert api("POST", "add-to-group/", said).json() == {"number": 0}
    for bad in ({"devices": [*ids, theirs.pk]}, {"group": make_group(fabrikam).pk}):
        assert api("POST", "add-to-group/", said | bad).status_code == 400
    assert not theirs.groups.exists()


def test_views_over_http(api, hanna, ada):
    services.save_view(actor=hanna, name="Hers", query={})
    made = api("POST", "views/", {"name": "Quiet", "query": {"seen": "not7"}, "is_shared": True})
    assert made.status_code == 201
    view = made.json()
    assert [one["name"] for one in api("GET", "views/").json()["views"]] == ["Quiet"]
    said = {"name": "Silent", "query": {"seen": "not30"}, "version": view["version"]}
    assert api("PUT", f"views/{view['id']}/", said).json()["name"] == "Silent"
    assert api("PUT", f"views/{view['id']}/", said).status_code == 409
    assert api("POST", "views/", {"name": "X", "query": {"password": "x"}}).status_code == 400
    assert api("DELETE", f"views/{view['id']}/").status_code == 204
    assert api("GET", f"views/{view['id']}/").status_code == 404
    hers = SavedView.objects.get()
    assert api("GET", f"views/{hers.pk}/").status_code == 404


def test_an_administrators_app_lists_nothing(ada, sams_laptop):
    """What the device app holds for an administrator administers nothing."""
    from tests.device_app import DeviceApp

    make_assignment(ada, covers_all_devices=True)
    assert DeviceApp(ada).get("devices/").status_code == 403


def test_tokens_are_paged_over_http(api, ada):
    for number in range(3):
        services.issue_enrolment_token(
            actor=ada, name=f"T{number}", expires_at=now() + timedelta(days=1)
        )
    first = api("GET", "enrolment-tokens/", {"limit": 2}).json()
    rest = api("GET", "enrolment-tokens/", {"limit": 2, "cursor": first["next_cursor"]}).json()
    both = [*first["enrolment_tokens"], *rest["enrolment_tokens"]]
    assert {one["name"] for one in both} == {"T0", "T1", "T2"}
    assert rest["next_cursor"] == ""


@pytest.mark.django_db(transaction=True)
async def test_the_server_sends_the_export_part_by_part(async_client, hanna, sam, contoso):
    """Under ASGI, where a plain iterator would be read to its end first."""

    @sync_to_async
    def prepare() -> None:
        for number in range(3):
            make_device(contoso, name=f"d{number}", owner=sam)

    await prepare()
    await async_client.aforce_login(hanna)
    for form in ("csv", "xlsx"):
        answer = await async_client.get(f"{LIST}export/{form}/")
        assert answer.is_async
        body = b"".join([part async for part in answer])
        if form == "csv":
            assert body.decode("utf-8-sig").count("\r\n") == 4
        else:
            assert openpyxl.load_workbook(io.BytesIO(body)).active["A4"].value == "d2"
