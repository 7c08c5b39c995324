from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.test import Client

TOKEN = "a token of the collector"


def test_health_is_well_while_database_and_layer_answer(db: None, client: Client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": True, "channel_layer": True}
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.post("/healthz").status_code == 405


def test_health_fails_when_the_database_refuses(db: None, client: Client):
    def refuse(execute, sql, params, many, context):
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        answer = client.get("/healthz")
    # Asked in another thread the wrapper is not there; the client asks in this one.
    assert answer.status_code == 503
    assert answer.json()["database"] is False


def test_health_fails_when_the_channel_layer_is_gone(db: None, client: Client, settings):
    settings.CHANNEL_LAYERS = {}
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["channel_layer"] is False


@pytest.mark.parametrize("header", ["", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}", "Bearer "])
def test_metrics_are_hidden_from_whoever_lacks_the_token(client: Client, settings, header: str):
    settings.REMOTEHELP_METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"authorization": header}).status_code == 404


def test_metrics_are_there_with_the_token_and_only_if_one_is_set(client: Client, settings):
    settings.REMOTEHELP_METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert b"django_http_requests_total_by_method_total" in answer.content
    settings.REMOTEHELP_METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_a_device_is_told_what_it_has_to_reach_and_nothing_that_opens_it(client: Client, settings):
    settings.REMOTEHELP_STUN_URLS = ["stun:relay.example.org:3478"]
    settings.REMOTEHELP_TURN_URLS = ["turn:relay.example.org:3478?transport=udp"]
    settings.REMOTEHELP_TURN_SECRET = "of the relay and the site alone"
    answer = client.get("/reach")
    assert answer.json() == {
        "ice_urls": ["stun:relay.example.org:3478", "turn:relay.example.org:3478?transport=udp"]
    }
    assert "no-store" in answer.headers["Cache-Control"]
    settings.REMOTEHELP_TURN_SECRET = ""  # then no session is given the relay either
    assert client.get("/reach").json() == {"ice_urls": ["stun:relay.example.org:3478"]}
