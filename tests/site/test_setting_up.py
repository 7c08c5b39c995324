"""`remotehelp create-tenant` and `create-admin`."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.tenants.models import Tenant, User
from apps.tenants.selectors import PERMISSIONS, may_administer
from remotehelp_site import cli

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a long and new password"
NAMES = ("--first-name", "Ada", "--last-name", "Admin")


def link_in(said: str) -> str:
    (link,) = [line for line in said.splitlines() if line.startswith("http")]
    return link


def set_password_through(link: str, client: Client) -> None:
    page = client.get(urlsplit(link).path, follow=True)
    where = page.redirect_chain[-1][0] if page.redirect_chain else urlsplit(link).path
    client.post(where, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}, follow=True)


def may_sign_in(email: str) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": NEW_PASSWORD})
    return "_auth_user_id" in client.session


def test_a_tenant_and_its_administrator_are_made_with_a_link_that_works_once(
    capsys: pytest.CaptureFixture[str], client: Client
):
    assert cli.main(["create-tenant", "--name", "Woodgrove", "--domain", "Woodgrove.example"]) == 0
    tenant = Tenant.objects.get()
    assert (tenant.name, tenant.domains.get().name) == ("Woodgrove", "woodgrove.example")
    assert f"--tenant {tenant.slug}" in capsys.readouterr().out

    email = "ada@woodgrove.example"
    assert cli.main(["create-admin", "--tenant", tenant.slug, "--email", email, *NAMES]) == 0
    link = link_in(capsys.readouterr().out)
    assert link.startswith("http://testserver/")
    ada = User.objects.get(email=email)
    assert not ada.is_superuser
    assert all(may_administer(ada, permission) for permission in PERMISSIONS)
    assert not may_sign_in(email)
    set_password_through(link, client)
    assert may_sign_in(email)
    set_password_through(link, Client())
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD)


def test_a_site_operator_belongs_to_no_tenant(capsys: pytest.CaptureFixture[str]):
    email = "operator@example.org"
    arguments = ["create-admin", "--site-operator", "--email", email, *NAMES]
    assert cli.main([*arguments, "--url", "https://help.example.org/"]) == 0
    assert link_in(capsys.readouterr().out).startswith("https://help.example.org/accounts/")
    operator = User.objects.get(email=email)
    assert operator.is_superuser
    assert operator.tenant is None
    assert cli.main(arguments) == 1
    assert User.objects.filter(email=email).count() == 1


def test_what_cannot_be_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["create-tenant", "--name", "Woodgrove", "--domain", "woodgrove.example"]) == 0
    capsys.readouterr()
    slug = Tenant.objects.get().slug
    refused = (
        ["create-tenant", "--name", "Other", "--domain", "WOODGROVE.example"],
        ["create-admin", "--tenant", "nobody", "--email", "a@woodgrove.example", *NAMES],
        ["create-admin", "--tenant", slug, "--email", "a@elsewhere.example", *NAMES],
    )
    for arguments in refused:
        assert cli.main(arguments) == 1
        said = capsys.readouterr()
        assert said.err.startswith("remotehelp: ")
        assert said.err.count("\n") == 1
        assert not said.out
    assert not User.objects.exists()
