"""The API keeps its own contract: schemathesis reads the schema and asks the real WSGI application, as a signed-in
helper, with what the schema allows and with what it does not. No answer may be a 500 or of another shape."""

from __future__ import annotations

import io
import itertools
import json
from collections import Counter

import pytest
import schemathesis
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

from apps.sessions.states import State
from tests.factories import make_session

TOKEN = "a" * 32
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# A fixed seed and a bounded number: the same questions on every run.
BOUNDED = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def signed_in(hanna, sam, sams_laptop):
    """Hanna's cookies, and a session of hers in each state to be found by the addresses."""
    client = Client()
    client.force_login(hanna)
    made = [make_session(hanna, sam, state).pk for state in State]
    return {
        "cookies": {
            site.SESSION_COOKIE_NAME: client.cookies[site.SESSION_COOKIE_NAME].value,
            site.CSRF_COOKIE_NAME: TOKEN,
        },
        "headers": {"X-CSRFToken": TOKEN},
        # Every other address is that of a real session.
        "turns": itertools.cycle([True, False]),
        "sessions": itertools.cycle([str(pk) for pk in made]),
    }


@pytest.fixture
def contract(signed_in):
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    said = json.loads(out.getvalue())
    # Who asks is not part of the question: the cookies below are always sent.
    del said["components"]["securitySchemes"]
    for methods in said["paths"].values():
        for operation in methods.values():
            del operation["security"]
    loaded = schemathesis.openapi.from_dict(said)
    loaded.app = get_wsgi_application()
    return loaded


# The application opens and closes its connection with each request, as it does outside.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_api_keeps_its_contract(contract, signed_in, mode):
    asked: Counter[int] = Counter()

    def ask(case):
        if "pk" in (case.path_parameters or {}) and next(signed_in["turns"]):
            case.path_parameters["pk"] = next(signed_in["sessions"])
        answer = case.call_and_validate(
            cookies=signed_in["cookies"], headers=signed_in["headers"], checks=CHECKS
        )
        asked[answer.status_code // 100] += 1

    for found in contract.get_all_operations():
        operation = found.ok()
        try:
            cases = operation.as_strategy(generation_mode=mode)
            BOUNDED(given(case=cases)(ask))()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, "only what takes no input has no wrong input"

    assert asked[4] > 50
    assert asked[2] > 5 or mode is GenerationMode.NEGATIVE, "hardly anything was accepted"
