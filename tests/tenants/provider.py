"""A real OpenID Connect provider in a process of its own, and a person's way through it."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client
from django.urls import reverse

from apps.tenants.models import Tenant
from apps.tenants.services import configure_organisation_sign_in

CONTOSO = uuid.UUID("11111111-1111-4111-8111-111111111111")
FABRIKAM = uuid.UUID("22222222-2222-4222-8222-222222222222")
_ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")


@dataclass
class Provider:
    url: str

    def knows(self, subject: str, **claims: Any) -> None:
        """Let the directory have this person, with these claims and no others."""
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def approve(self, address: str, subject: str) -> str:
        """Sign in on the provider's own page; where the browser is then sent."""
        with requests.Session() as browser:
            answer = browser.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


class ProviderProcess:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.provider = Provider(self._address())
        # Its log is read to the end, or it would stop at a full pipe.
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()

    def _address(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := _ADDRESS.search(line):
                return found.group().decode()
        raise AssertionError("the provider did not start")

    def _drain(self) -> None:
        assert self.process.stderr is not None
        for _line in self.process.stderr:
            pass

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.drain.join(10)
        assert self.process.stderr is not None
        self.process.stderr.close()


def target_of(page: Any) -> str:
    """Where the page that leaves for the organisation goes on to."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert found is not None, page.content.decode()
    return html.unescape(found.group(1))


def leave(client: Client, address: str, **more: str) -> str:
    page = client.post(reverse("tenants:organisation"), {"address": address, **more})
    assert page.status_code == 200
    return target_of(page)


def come_back(client: Client, provider: Provider, target: str, subject: str) -> Any:
    """The provider's answer, followed by this browser."""
    back = urlsplit(provider.approve(target, subject))
    assert "code" in parse_qs(back.query), back.query
    return client.get(f"{back.path}?{back.query}")


def sign_in(client: Client, provider: Provider, address: str, subject: str, **more: str) -> Any:
    return come_back(client, provider, leave(client, address, **more), subject)


def connect(tenant: Tenant, directory_id: uuid.UUID, provider: Provider) -> Tenant:
    tenant.directory_id = directory_id
    tenant.save(update_fields=["directory_id"])
    configure_organisation_sign_in(
        actor=None,
        tenant=tenant,
        client_id=f"app-of-{tenant.slug}",
        secret="s3cret",
        server_url=provider.url,
    )
    return tenant
