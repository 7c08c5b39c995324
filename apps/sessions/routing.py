"""The socket addresses. Anything else is refused before it is accepted."""

from __future__ import annotations

from typing import Any

websocket_urlpatterns: list[Any] = []
