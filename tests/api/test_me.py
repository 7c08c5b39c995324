from __future__ import annotations


def test_a_helper_reads_who_they_are_and_what_they_may_do(as_person, hanna):
    me = as_person(hanna).get("me/").json()

    assert me == {
        "id": str(hanna.pk),
        "full_name": "Hanna Helper",
        "email": "hanna@contoso.example",
        "job_title": "Help desk",
        "language": "",
        "verified_domain": "contoso.example",
        "tenant": {"id": str(hanna.tenant.pk), "name": "Contoso"},
        "may_give_help": True,
        "actions": ["view_screen", "full_control", "elevation"],
        "administers": [],
    }


def test_a_sharer_may_do_nothing_and_an_administrator_only_administer(as_person, sam, ada):
    assert as_person(sam).get("me/").json()["may_give_help"] is False

    me = as_person(ada).get("me/").json()
    assert me["may_give_help"] is False
    assert "tenants.view_reports" in me["administers"]
