"""The device app signs in as a person, and API clients by their secret: allauth's OAuth views, closed to everything else.

Authorization code with PKCE on a loopback address (RFC 8252), and the device code (RFC 8628).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from allauth.core import ratelimit
from allauth.idp.oidc import views as oidc
from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.models import Client
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from oauthlib.oauth2.rfc8628.grant_types.device_code import (  # type: ignore[import-untyped]
    DeviceCodeGrant,
)

from apps.common.errors import InvalidError
from apps.tenants import app_access, client_access
from apps.tenants.models import User
from apps.tenants.rights import RIGHTS

# What a proof key for code exchange may be made with; "plain" would prove nothing.
PKCE_METHOD = "S256"


class AppSignInError(InvalidError):
    code = "app_sign_in"
    message = _(
        "This sign-in was not started as the Remote Help app does it. Start it again there."
    )


def _granted_device_code(
    validator: OAuthLibRequestValidator, client_id: str, code: str, request: Any, *_: Any
) -> str | None:
    """The question that oauthlib 4 asks about a device code, and that allauth's validator has no answer to.

    allauth asks itself before (`poll_device_code`) and lets only a granted one come so far, with its person.
    """
    if not isinstance(request.user, User):
        return None
    request.scopes = list(request.scope or validator.get_default_scopes(client_id, request))
    return str(DeviceCodeGrant.DEVICE_CODE_AUTHORIZED)


if not hasattr(OAuthLibRequestValidator, "validate_device_code"):
    OAuthLibRequestValidator.validate_device_code = _granted_device_code


def _require_offered() -> None:
    if not settings.REMOTEHELP_DEVICE_APP:
        raise Http404


def _is_operator(request: HttpRequest) -> bool:
    return request.user.is_authenticated and getattr(request.user, "tenant_id", None) is None


def _leave_by_page(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Turns a redirect to the app into a page that goes there by itself.

    Browsers hold the redirect that answers a form to the page's `form-action`, which names only us.
    """
    target = answer.get("Location", "")
    if not urlsplit(target).scheme:
        return answer
    return render(request, "idp/oidc/leaving.html", {"target": target})


@method_decorator(never_cache, name="dispatch")
class AuthorizationView(oidc.AuthorizationView):  # type: ignore[misc]
    """Asks the person each time: a loopback address cannot prove which program listens there.

    allauth's view is exempt from the CSRF check and makes its own; this one is not exempt.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _require_offered()
        if _is_operator(request):
            return redirect("admin:index")
        if request.method == "GET":
            self._require_our_way(request)
        elif not request.POST.get("request"):
            raise AppSignInError
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return _leave_by_page(request, answer)

    @property
    def shown_scopes(self) -> list[str]:
        return list(self._scopes)

    def _require_our_way(self, request: HttpRequest) -> None:
        asked = request.GET
        if (
            asked.get("client_id") != app_access.APP_CLIENT_ID
            or asked.get("code_challenge_method") != PKCE_METHOD
            or "none" in asked.get("prompt", "").split()
            or "resource" in asked
        ):
            raise AppSignInError


def _as_shown(typed: str) -> str:
    """The code as the app shows it, however it was typed: in any case, with or without the dash."""
    letters = "".join(letter for letter in typed[:40] if letter.isalnum()).upper()
    return f"{letters[:4]}-{letters[4:]}" if len(letters) == 8 else letters


@method_decorator(never_cache, name="dispatch")
class DeviceAuthorizationView(oidc.DeviceAuthorizationView):  # type: ignore[misc]
    """The page where the code that the app shows is entered and confirmed.

    allauth's view is exempt from the CSRF check, so that any page could confirm; this one is not.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _require_offered()
        if _is_operator(request):
            return redirect("admin:index")
        if "code" in request.GET:
            asked = request.GET.copy()
            asked["code"] = _as_shown(str(asked["code"]))
            request.GET = asked  # type: ignore[assignment]
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer


def _names_a_resource(request: HttpRequest) -> bool:
    """Tokens for other servers (RFC 8707) are not given, and allauth's token address fails on malformed ones."""
    return "resource" in request.POST


@csrf_exempt
@never_cache
@require_POST
def device_code(request: HttpRequest) -> HttpResponseBase:
    _require_offered()
    if not ratelimit.consume(request, action="app_sign_in"):
        return JsonResponse({"error": "slow_down"}, status=429)
    if _names_a_resource(request):
        return JsonResponse({"error": "invalid_target"}, status=400)
    # allauth would begin it for any client, and find out at the end that only the app may.
    is_app = request.POST.get("client_id") == app_access.APP_CLIENT_ID
    if not is_app or "Authorization" in request.headers:
        return JsonResponse({"error": "invalid_client"}, status=401)
    answer: HttpResponseBase = oidc.device_code(request)
    return answer


@csrf_exempt
@never_cache
@require_POST
def token(request: HttpRequest) -> HttpResponseBase:
    """Issues tokens: to the app, with a note of which sign-in they come from, and to API clients."""
    if request.POST.get("grant_type") == Client.GrantType.CLIENT_CREDENTIALS:
        return _client_token(request)
    _require_offered()
    if _names_a_resource(request):
        return JsonResponse({"error": "invalid_target"}, status=400)
    is_refresh = request.POST.get("grant_type") == Client.GrantType.REFRESH_TOKEN
    with transaction.atomic():
        grant = ""
        if is_refresh:
            grant = app_access.begin_refresh(request.POST.get("refresh_token", ""))
        answer: HttpResponse = oidc.token(request)
        if answer.status_code == 200:
            issued = json.loads(answer.content)
            values = [issued[name] for name in ("access_token", "refresh_token") if name in issued]
            app_access.tie_together(values, grant)
    return answer


def _client_token(request: HttpRequest) -> HttpResponseBase:
    """For an API client that shows its secret. One that ran out or was stopped is answered like a wrong secret."""
    if not ratelimit.consume(request, action="api_client"):
        return JsonResponse({"error": "slow_down"}, status=429)
    if _names_a_resource(request):
        return JsonResponse({"error": "invalid_target"}, status=400)
    with transaction.atomic():
        answer: HttpResponse = oidc.token(request)
        if answer.status_code == 200:
            issued = json.loads(answer.content)
            if not client_access.is_good(issued["access_token"]):
                transaction.set_rollback(True)
                return JsonResponse({"error": "invalid_client"}, status=401)
    return answer


@csrf_exempt
@never_cache
@require_POST
def revoke(request: HttpRequest) -> HttpResponseBase:
    """The app signs out (RFC 7009): whichever token it sends, all of that sign-in end. Always the same answer."""
    _require_offered()
    app_access.revoke_sign_in(request.POST.get("token", ""))
    return HttpResponse(status=200)


class ConfigurationView(View):
    """What the app has to know to sign in (OpenID Connect Discovery); only what is offered."""

    @method_decorator(require_safe)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _require_offered()

        def address(name: str) -> str:
            return request.build_absolute_uri(reverse(f"idp:oidc:{name}"))

        return JsonResponse(
            {
                "issuer": get_adapter().get_issuer(),
                "authorization_endpoint": address("authorization"),
                "device_authorization_endpoint": address("device_code"),
                "token_endpoint": address("token"),
                "revocation_endpoint": address("revoke"),
                "jwks_uri": address("jwks"),
                "scopes_supported": [app_access.OPENID, app_access.HELP, *RIGHTS],
                "response_types_supported": [Client.ResponseType.CODE.value],
                "grant_types_supported": [
                    Client.GrantType.AUTHORIZATION_CODE.value,
                    Client.GrantType.REFRESH_TOKEN.value,
                    Client.GrantType.DEVICE_CODE.value,
                    Client.GrantType.CLIENT_CREDENTIALS.value,
                ],
                "code_challenge_methods_supported": [PKCE_METHOD],
                "token_endpoint_auth_methods_supported": list(settings.IDP_OIDC_AUTH_METHODS),
                "id_token_signing_alg_values_supported": ["RS256"],
                "subject_types_supported": ["public"],
            }
        )


@require_safe
def jwks(request: HttpRequest) -> HttpResponseBase:
    _require_offered()
    answer: HttpResponseBase = oidc.jwks(request)
    return answer
