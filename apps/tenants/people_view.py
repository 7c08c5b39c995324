"""The base of what the API offers to people."""

from __future__ import annotations

from typing import ClassVar, cast

from rest_framework.request import Request

from apps.common.api_views import ProductView
from apps.tenants.models import User


class PeopleView(ProductView):
    """For everybody who is signed in and belongs to a tenant."""

    audience: ClassVar[str | tuple[str, ...] | None] = "people"

    def actor(self, request: Request) -> User:
        # The declared audience lets nobody else in.
        return cast("User", request.user)
