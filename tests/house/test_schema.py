"""The API's schema is committed, sound, and what the code says."""

from __future__ import annotations

import io
import json
from pathlib import Path

from django.core.management import call_command

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
REGENERATE = "python manage.py spectacular --validate --file docs/openapi.yaml"


def _generated(form: str = "openapi") -> str:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", form, stdout=out)
    return out.getvalue()


def test_the_committed_schema_is_what_the_code_says():
    assert COMMITTED.read_text(encoding="utf-8") == _generated(), (
        f"docs/openapi.yaml is out of date. Write it anew and read the difference: {REGENERATE}"
    )


def test_every_operation_has_a_name_of_its_own_and_a_summary():
    paths = json.loads(_generated("openapi-json"))["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) > 10
    assert all(operation.get("summary") for operation in operations)
