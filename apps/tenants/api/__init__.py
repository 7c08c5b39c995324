"""Who asks the API: a browser by its cookie, or the device app by the token that it holds for a person.

DRF imports this module while it makes its view classes, so nothing here may import `rest_framework.views`.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.tenants.app_access import bearer_of, find_access
from apps.tenants.models import User


class AppTokenAuthentication(BaseAuthentication):
    """The device app. No CSRF token is asked for: a page of another site cannot send this header.

    Who sends the header is asked about it alone: a cookie beside it counts for nothing.
    """

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        value = bearer_of(get_authorization_header(request))
        if value is None:
            return None
        access = find_access(value) if value else None
        if access is None:
            raise AuthenticationFailed(
                _("This sign-in has ended. Sign in again."), code="sign_in_ended"
            )
        return access.user, access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Remote Help"'


class AppTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = AppTokenAuthentication
    name = "appToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token of the device app; see docs/api.md.",
        }
