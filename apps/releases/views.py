"""The page that hands out the device app, and the package itself."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common.http import SignedInRequest
from apps.releases.selectors import app_package
from apps.tenants.access import member_required


@require_safe
@never_cache
@member_required
def get_app(request: SignedInRequest) -> HttpResponse:
    package = app_package()
    site = request.build_absolute_uri("/").rstrip("/")
    address = site + reverse("releases:package", args=[package.name]) if package else ""
    return render(
        request, "releases/get_app.html", {"package": package, "site": site, "address": address}
    )


@require_safe
@never_cache
def package(request: HttpRequest, name: str) -> HttpResponse:
    """For anybody: installers have no sign-in, and the app is free software."""
    found = app_package()
    if found is None or name != found.name:
        raise Http404
    answer = HttpResponse(found.path.read_bytes(), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return answer
