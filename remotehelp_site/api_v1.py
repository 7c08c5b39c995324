"""The addresses of the API, version 1: each app's own, under one namespace."""

from __future__ import annotations

from django.urls import include, path

app_name = "api"

urlpatterns = [
    path("", include("apps.tenants.api.urls")),
    path("", include("apps.devices.api.urls")),
    path("", include("apps.directory.api.urls")),
    path("", include("apps.licenses.api.urls")),
    path("", include("apps.roles.api.urls")),
    # Last: it answers whatever else is asked for.
    path("", include("apps.sessions.api.urls")),
]
