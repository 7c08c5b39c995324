"""The demo in its one process on a real PostgreSQL and Redis, as somebody tries them out."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.site.running import Browser, running_site

pytestmark = pytest.mark.services


def test_the_demo_runs_on_postgresql_and_redis(tmp_path: Path) -> None:
    server, redis = os.environ["TEST_DATABASE_URL"], os.environ["TEST_REDIS_URL"]
    name = f"demo_{uuid.uuid4().hex}"
    base = server.rpartition("/")[0]
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with running_site(
                tmp_path / "var", "--demo", DATABASE_URL=f"{base}/{name}", REDIS_URL=redis
            ) as site:
                people = json.loads((site.var / "demo.json").read_text())["people"]
                browser = Browser(site)
                browser.sign_in(people[0]["sign_in"], people[0]["password"])
                with psycopg.connect(f"{base}/{name}") as own:
                    row = own.execute("SELECT count(*) FROM help_sessions_helpsession").fetchone()
                assert row is not None
                assert row[0] > 50
            assert not (tmp_path / "var" / "remotehelp.sqlite3").exists()
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )
