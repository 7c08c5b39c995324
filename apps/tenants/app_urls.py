"""Where the device app signs in. The names are those that allauth's provider looks up.

Whatever else allauth offers a provider (registration of clients, introspection, user information) has no address.
"""

from __future__ import annotations

from django.urls import include, path

from apps.tenants import app_views

_oidc = [
    path(
        ".well-known/openid-configuration",
        app_views.ConfigurationView.as_view(),
        name="configuration",
    ),
    path(".well-known/jwks.json", app_views.jwks, name="jwks"),
    path("identity/o/authorize", app_views.AuthorizationView.as_view(), name="authorization"),
    path(
        "identity/o/device",
        app_views.DeviceAuthorizationView.as_view(),
        name="device_authorization",
    ),
    path("identity/o/api/device/code", app_views.device_code, name="device_code"),
    path("identity/o/api/token", app_views.token, name="token"),
    path("identity/o/api/revoke", app_views.revoke, name="revoke"),
]

app_name = "idp"
urlpatterns = [path("", include((_oidc, "oidc")))]
