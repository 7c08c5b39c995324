"""Programs that speak to the API as the people of `tests/people.py`, with CSRF as strict as outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.tenants.models import User

Api = Callable[..., Any]


class Program:
    """Calls `/api/v1/` as one person, or as nobody."""

    def __init__(self, person: User | None) -> None:
        self.client = Client()
        if person is not None:
            self.client.force_login(person)

    def get(self, address: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{address}", query)

    def post(self, address: str, body: Any = None, **extra: Any) -> Any:
        return self.client.post(
            f"/api/v1/{address}",
            data=json.dumps({} if body is None else body),
            content_type="application/json",
            **extra,
        )


@pytest.fixture
def as_person() -> type[Program]:
    return Program
