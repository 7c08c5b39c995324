"""What every page may show: who is signed in, and where they may go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from remotehelp_site.navigation import links


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(user, "tenant", None) is None:
        return {"tenant": None, "navigation": []}
    # Parts of pages have no rail: they do not ask who may go where.
    return {"tenant": user.tenant, "navigation": SimpleLazyObject(lambda: links(request))}
