"""Who was signed out meanwhile is led to the sign-in, whole pages and all, and comes back to a page that there is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.sessions.models import HelpSession
from apps.tenants.models import User
from tests.factories import PASSWORD


@pytest.mark.parametrize(("method", "name"), [("post", "leave"), ("get", "panel")])
def test_a_part_of_a_page_is_no_place_to_sign_in(
    client: Client, active: HelpSession, method: str, name: str
):
    """Else a sign-in form stood in a session's page, and the picture went on beside it."""
    address = reverse(f"help_sessions:{name}", args=[active.pk])
    answer = getattr(client, method)(address, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (401, "true")
    assert answer.content == b""


@pytest.mark.parametrize(("method", "name"), [("post", "leave"), ("get", "session")])
def test_the_sign_in_leads_back_to_a_page_that_exists(
    client: Client, active: HelpSession, sam: User, method: str, name: str
):
    address = reverse(f"help_sessions:{name}", args=[active.pk])
    away = getattr(client, method)(address)
    assert away.status_code == 302
    back = client.post(away.headers["Location"], {"login": sam.email, "password": PASSWORD})
    assert back.headers["Location"] == (reverse("home") if method == "post" else address)
    assert client.get(back.headers["Location"]).status_code == 200
