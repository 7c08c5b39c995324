"""The device app as the site hands it out: one package, by its own name alone, or a word that there is none."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from apps.tenants.models import User

NAME = "remotehelp_agent-1.2.3-py3-none-any.whl"


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.REMOTEHELP_APP_DIR = tmp_path
    (tmp_path / "secret.txt").write_text("of the site")
    return tmp_path


def page_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse("releases:get_app")).content.decode()


def test_the_page_names_the_package_its_hash_and_this_very_site(folder: Path, sam: User):
    (folder / NAME).write_bytes(b"a wheel")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    said = page_of(sam)
    assert f"http://testserver/app/{NAME}#sha256={digest}" in said
    assert "remotehelp-app --server http://testserver<" in said
    (folder / NAME).write_bytes(b"another wheel")
    assert hashlib.sha256(b"another wheel").hexdigest() in page_of(sam)


def test_installers_get_the_package_without_a_sign_in_and_nothing_else(
    folder: Path, db: None, client: Client
):
    (folder / NAME).write_bytes(b"a wheel")
    answer = client.get(f"/app/{NAME}")
    assert answer.content == b"a wheel"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.head(f"/app/{NAME}").status_code == 200
    assert client.post(f"/app/{NAME}").status_code == 405
    for other in ("secret.txt", "..%2Fsecret.txt", f"{NAME}.bak", NAME.replace("1.2.3", "1.2.4")):
        assert client.get(f"/app/{other}").status_code == 404, other


@pytest.mark.parametrize("names", [(), ("other.whl",), (NAME, NAME.replace("1.2.3", "1.2.4"))])
def test_without_one_right_package_the_page_says_so_and_what_to_do(
    folder: Path, sam: User, client: Client, names: tuple[str, ...]
):
    for name in names:
        (folder / name).write_bytes(b"a wheel")
    said = page_of(sam)
    assert "data-no-package" in said
    assert "pip install" not in said
    assert client.get(f"/app/{NAME}").status_code == 404


def test_this_site_was_built_with_the_app(settings):
    """What `pip install` and `uv sync` leave in a checkout, too."""
    (found,) = Path(settings.REMOTEHELP_APP_DIR).glob("*.whl")
    assert found.stat().st_size > 50_000
