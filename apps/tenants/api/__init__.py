"""Who asks the API: a browser by its cookie, the device app by the token that it holds for a person, or an API client.

DRF imports this module while it makes its view classes, so nothing here may import `rest_framework.views`.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.tenants.app_access import bearer_of, find_access
from apps.tenants.client_access import find_actor
from apps.tenants.models import User
from apps.tenants.rights import RIGHTS


class AppTokenAuthentication(BaseAuthentication):
    """The device app, or an API client. No CSRF token is asked for: a page of another site cannot send this header.

    Who sends the header is asked about it alone: a cookie beside it counts for nothing.
    """

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        value = bearer_of(get_authorization_header(request))
        if value is None:
            return None
        access = find_access(value) if value else None
        if access is not None:
            return access.user, access
        found = find_actor(value) if value else None
        if found is None:
            raise AuthenticationFailed(
                _("This sign-in has ended. Sign in again."), code="sign_in_ended"
            )
        return found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Remote Help"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The app where people come in, API clients where an administrative right is asked for: never both."""

    target_class = AppTokenAuthentication
    name = ["appToken", "apiClient"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        audience = getattr(auto_schema.view, "audience", None)
        if audience in (None, "people"):
            return [{"appToken": []}]
        names = (audience,) if isinstance(audience, str) else audience
        return [{"apiClient": [name]} for name in names]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token of the device app; see docs/api.md.",
            },
            {
                "type": "oauth2",
                "description": "An API client, whose administrator has to hold the right too; see docs/api.md.",
                "flows": {
                    "clientCredentials": {
                        "tokenUrl": "/identity/o/api/token",
                        "scopes": {name: _in_english(label) for name, label in RIGHTS.items()},
                    }
                },
            },
        ]


def _in_english(label: Any) -> str:
    with override("en"):
        return str(label)
