"""The socket addresses. Anything else is refused before it is accepted."""

from __future__ import annotations

from typing import Any, cast

from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from apps.sessions.consumers import DeviceConsumer, SessionConsumer

websocket_urlpatterns: list[Any] = [
    path("ws/sessions/<uuid:pk>/", cast("Any", SessionConsumer.as_asgi()), name="session_socket"),
    path("ws/device/", cast("Any", DeviceConsumer.as_asgi()), name="device_socket"),
    # Without this, each wrong address is an exception in the server.
    re_path(r"", cast("Any", WebsocketDenier.as_asgi())),
]
