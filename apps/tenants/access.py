"""Who may open the product's pages at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.common.errors import NotAllowedError
from apps.common.http import SignedInRequest
from apps.tenants.selectors import permissions_held

P = ParamSpec("P")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        # A sign-in form inside a session's page would leave the rest of the page, and the picture, running.
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    if request.method not in ("GET", "HEAD"):
        return redirect(settings.LOGIN_URL)  # after it nobody can be sent back to a form's address
    return redirect_to_login(request.get_full_path())


def administrator_required(
    *permissions: str,
) -> Callable[
    [Callable[Concatenate[SignedInRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Only for a member who holds one of these administrative permissions; without any named, whichever."""

    def decorate(
        view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            held = permissions_held(request.user)
            if not held or (permissions and not held & set(permissions)):
                raise NotAllowedError
            return view(request, *args, **kwargs)

        return member_required(guarded)

    return decorate


def member_required(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only for a signed-in member of a tenant. Others sign in; a site operator is shown to the admin."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if getattr(request.user, "tenant_id", None) is None:
            return redirect("admin:index")
        return view(cast("SignedInRequest", request), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", guarded)
