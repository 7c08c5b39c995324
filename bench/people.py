"""A site's database with people who are signed in and sessions that they have consented to.

python -m bench.people SESSIONS FILE    writes [[session, helper's cookie, sharer's cookie], ...]
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import django

PEOPLE = 50  # on each side; they have several sessions each


def fill(number: int) -> list[tuple[str, str, str]]:
    from django.core.management import call_command
    from django.test import Client

    from apps.common.clock import now
    from apps.sessions.models import HelpSession
    from apps.sessions.states import Kind, State
    from apps.tenants.models import User
    from apps.tenants.services import create_person, create_tenant

    call_command("migrate", interactive=False, verbosity=0)
    tenant = create_tenant(actor=None, name="Bench", domain="bench.example")

    def person(name: str) -> tuple[User, str]:
        made = create_person(
            actor=None,
            tenant=tenant,
            email=f"{name}@bench.example",
            first_name=name,
            last_name="Bench",
        )
        browser = Client()
        browser.force_login(made)
        return made, browser.cookies["sessionid"].value

    helpers = [person(f"helper{i}") for i in range(PEOPLE)]
    sharers = [person(f"sharer{i}") for i in range(PEOPLE)]
    at = now()
    rows, answer = [], []
    for i in range(number):
        (helper, helper_cookie), (sharer, sharer_cookie) = helpers[i % PEOPLE], sharers[i % PEOPLE]
        row = HelpSession(
            tenant=tenant,
            helper=helper,
            sharer=sharer,
            state=State.CONNECTING,
            kind=Kind.VIEW_SCREEN,
            opened_at=at,
            introduced_at=at,
            requested_at=at,
            allowed_at=at,
            expires_at=at + timedelta(days=1),
        )
        rows.append(row)
        answer.append((str(row.pk), helper_cookie, sharer_cookie))
    HelpSession.objects.bulk_create(rows, batch_size=100)
    return answer


if __name__ == "__main__":
    django.setup()
    Path(sys.argv[2]).write_text(json.dumps(fill(int(sys.argv[1]))))
