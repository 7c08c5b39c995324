"""The socket addresses. Anything else is refused before it is accepted."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from apps.sessions.consumers import SessionConsumer

websocket_urlpatterns: list[Any] = [
    path("ws/sessions/<uuid:pk>/", cast("Any", SessionConsumer.as_asgi()), name="session_socket"),
]
