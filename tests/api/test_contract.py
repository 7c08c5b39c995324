"""The API keeps its own contract: schemathesis reads the schema and asks the real WSGI application, as a helper, as an
administrator and as an API client, with what the schema allows and with what it does not. No answer may be a 500, of
a status that is not in the schema, or of another shape."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from allauth.idp.oidc.models import Token
from django.conf import settings as site
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.common.clock import now
from apps.devices.services import issue_enrolment_token
from apps.sessions.states import State
from apps.tenants.models import User
from apps.tenants.rights import RIGHTS
from apps.tenants.services import create_api_client
from tests.factories import make_assignment, make_device, make_role, make_session

TOKEN = "a" * 32
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


def _bounded(number: int) -> settings:
    """A fixed seed and a bounded number: the same questions on every run."""
    return settings(
        max_examples=number,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


# Questions for each operation. There are a hundred, so that all of it takes about a minute on an idle machine.
QUESTIONS = {"helper": 8, "administrator": 4, "program": 3}


@dataclass
class Asker:
    """Who asks, and what the addresses can name."""

    headers: dict[str, str]
    cookies: dict[str, str]
    # By the beginning of the address: ids of things that are there.
    known: dict[str, Iterator[str]]
    # Only what an administrative right opens.
    is_administrator: bool
    # Every other address is that of something that is there.
    turns: Iterator[bool] = field(default_factory=lambda: itertools.cycle([True, False]))

    def asks(self, operation: dict[str, Any]) -> bool:
        if not self.is_administrator:
            return True
        return any("apiClient" in one for one in operation.get("security", ()))

    def aim(self, case: Any) -> None:
        if "pk" not in (case.path_parameters or {}) or not next(self.turns):
            return
        for beginning, ids in self.known.items():
            if case.operation.path.startswith(f"/api/v1/{beginning}"):
                case.path_parameters["pk"] = next(ids)
                return


def _by_cookie(person: User) -> tuple[dict[str, str], dict[str, str]]:
    client = Client()
    client.force_login(person)
    cookies = {
        site.SESSION_COOKIE_NAME: client.cookies[site.SESSION_COOKIE_NAME].value,
        site.CSRF_COOKIE_NAME: TOKEN,
    }
    return {"X-CSRFToken": TOKEN}, cookies


def _some(rows: Iterable[Any]) -> Iterator[str]:
    return itertools.cycle([str(row.pk) for row in rows])


@pytest.fixture
def helper(hanna, sam, sams_laptop):
    """Hanna, with a session of hers in each state."""
    headers, cookies = _by_cookie(hanna)
    sessions = [make_session(hanna, sam, state) for state in State]
    return Asker(headers, cookies, {"sessions/": _some(sessions)}, is_administrator=False)


@pytest.fixture
def known(contoso, ada, hanna, sam, sams_laptop):
    """Something of everything that is administered. Ada herself is not among it: she would lose what she asks with."""
    at = now() + timedelta(days=1)
    tokens = [
        issue_enrolment_token(actor=ada, name=f"Token {n}", expires_at=at).token for n in range(3)
    ]
    clients = [
        create_api_client(
            actor=ada, name=f"Client {n}", scopes=["tenants.view_reports"], expires_at=at
        ).client
        for n in range(3)
    ]
    return {
        "administration/administrators/": _some([sam]),
        "administration/api-clients/": _some(clients),
        "devices/enrolment-tokens/": _some(tokens),
        "role-assignments/": _some([make_assignment(sam) for _ in range(5)]),
        "roles/": _some([make_role(contoso) for _ in range(5)]),
        "people/": _some([hanna, sam]),
        "devices/": _some([make_device(contoso) for _ in range(5)]),
    }


@pytest.fixture
def administrator(ada, known):
    headers, cookies = _by_cookie(ada)
    return Asker(headers, cookies, known, is_administrator=True)


@pytest.fixture
def program(ada, known):
    """An API client of Ada's that may do whatever a client can."""
    at = now() + timedelta(days=1)
    issued = create_api_client(actor=ada, name="Fuzz", scopes=list(RIGHTS), expires_at=at)
    Token.objects.create(
        type=Token.Type.ACCESS_TOKEN,
        hash=hashlib.sha256(b"of-the-program").hexdigest(),
        client=issued.client.oauth,
        scopes="\n".join(RIGHTS),
        expires_at=at,
    )
    return Asker({"Authorization": "Bearer of-the-program"}, {}, known, is_administrator=True)


@pytest.fixture
def contract():
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    said = json.loads(out.getvalue())
    # Who asks is not part of the question: what shows it is always sent.
    del said["components"]["securitySchemes"]

    def load(asker: Asker) -> Any:
        for path, methods in list(said["paths"].items()):
            for method, operation in list(methods.items()):
                if not asker.asks(operation):
                    del methods[method]
                operation.pop("security", None)
            if not methods:
                del said["paths"][path]
        loaded = schemathesis.openapi.from_dict(said)
        loaded.app = get_wsgi_application()
        return loaded

    return load


# The application opens and closes its connection with each request, as it does outside.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("who", ["helper", "administrator", "program"])
def test_the_api_keeps_its_contract(request, contract, who, mode):
    asker: Asker = request.getfixturevalue(who)
    asked: Counter[int] = Counter()

    def ask(case: Any) -> None:
        asker.aim(case)
        answer = case.call_and_validate(cookies=asker.cookies, headers=asker.headers, checks=CHECKS)
        asked[answer.status_code // 100] += 1

    for found in contract(asker).get_all_operations():
        operation = found.ok()
        try:
            cases = operation.as_strategy(generation_mode=mode)
            _bounded(QUESTIONS[who])(given(case=cases)(ask))()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, "only what takes no input has no wrong input"

    assert asked[4] > 50
    assert asked[2] > 5 or mode is GenerationMode.NEGATIVE, "hardly anything was accepted"
