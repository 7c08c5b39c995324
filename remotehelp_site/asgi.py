"""The ASGI application: HTTP by Django, sockets by Channels, behind a check of origin or token."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "remotehelp_site.settings.production")
http_application = get_asgi_application()

# Models can be imported only now.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from apps.sessions.routing import websocket_urlpatterns  # noqa: E402
from remotehelp_site.sockets import Doorway  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": Doorway(URLRouter(websocket_urlpatterns)),
    }
)
