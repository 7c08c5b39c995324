"""Signing in through an organisation, one's own profile, pictures and the language."""

from __future__ import annotations

import hashlib
import uuid
from urllib.parse import urlsplit

from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from apps.common.errors import InvalidError, RuleError
from apps.common.http import SignedInRequest
from apps.tenants import selectors, services
from apps.tenants.app_access import bearer_of, find_access
from apps.tenants.forms import OrganisationForm, PictureForm
from apps.tenants.models import User


class SignInUnreachableError(RuleError):
    code = "sign_in_unreachable"
    status = 502
    message = gettext_lazy(
        "Your organisation's sign-in cannot be reached right now. Try again in a moment."
    )


class TooManyTriesError(RuleError):
    code = "too_many_tries"
    status = 429
    message = gettext_lazy("Too many tries. Wait a minute, then try again.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    form = OrganisationForm(request.POST if request.method == "POST" else None)
    next_url = get_next_redirect_url(request)
    if form.is_valid():
        if not ratelimit.consume(request, action="organisation"):
            raise TooManyTriesError
        app = selectors.find_organisation_app(form.cleaned_data["address"])
        if app is not None:
            return _leave_for(request, app, next_url)
        form.add_error(
            "address",
            _(
                "We know no organisation sign-in for this address. Check it, or sign in with a password."
            ),
        )
    return render(request, "tenants/organisation.html", {"form": form, "next_url": next_url})


def _leave_for(request: HttpRequest, app: SocialApp, next_url: str | None) -> HttpResponse:
    """A page that goes on to the organisation by itself.

    Browsers hold the redirect that answers a form to the page's `form-action`, which names only us; a
    page of its own may lead anywhere without widening that for every form of the site.
    """
    provider = get_adapter(request).get_provider(request, provider=app.provider_id)
    try:
        leaving = provider.redirect(request, process="login", next_url=next_url)
    except (RequestException, KeyError) as error:
        raise SignInUnreachableError from error
    if urlsplit(leaving.url).scheme not in {"https", "http"}:
        raise SignInUnreachableError
    return render(
        request, "tenants/leaving.html", {"target": leaving.url, "organisation": app.name}
    )


@secure_admin_login  # type: ignore[untyped-decorator]
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    return redirect("admin:index")


def closed(request: HttpRequest, **parts: str) -> HttpResponse:
    raise Http404


@login_required
@never_cache
@require_safe
def profile(request: SignedInRequest) -> HttpResponse:
    return _profile_page(request, PictureForm())


def _profile_page(request: SignedInRequest, form: PictureForm, status: int = 200) -> HttpResponse:
    context = {"card": selectors.trust_card_of(request.user), "form": form}
    return render(request, "tenants/profile.html", context, status=status)


@login_required
@never_cache
@require_POST
def change_picture(request: SignedInRequest) -> HttpResponse:
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["picture"]
        try:
            services.set_picture(person=request.user, data=upload.read(services.PICTURE_BYTES + 1))
        except InvalidError as error:
            form.add_error("picture", str(error))
        else:
            messages.success(request, _("Your picture is changed."))
            return redirect("tenants:profile")
    return _profile_page(request, form, status=400)


@login_required
@require_POST
def remove_picture(request: SignedInRequest) -> HttpResponse:
    services.remove_picture(person=request.user)
    messages.success(request, _("Your picture is removed."))
    return redirect("tenants:profile")


def _asker(request: HttpRequest) -> User | AnonymousUser:
    """A page by its cookie, or the device app, which shows pictures too, by its token alone."""
    token = bearer_of(request.META.get("HTTP_AUTHORIZATION", "").encode("latin1", "replace"))
    if token is None:
        return request.user
    access = find_access(token) if token else None
    return access.user if access is not None else AnonymousUser()


@require_safe
def picture(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    file = selectors.person_with_picture(_asker(request), pk).picture
    name = hashlib.sha256(str(file.name).encode()).hexdigest()[:32]
    etag = f'"{name}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is None:
        try:
            with file.open("rb") as content:
                response = HttpResponse(content.read(), content_type="image/webp")
        except FileNotFoundError as error:
            raise Http404 from error
    else:
        response = unchanged
    response["ETag"] = etag
    # Kept by this browser only, and asked about again each time: a right can end at any moment.
    response["Cache-Control"] = "private, no-cache"
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        raise InvalidError(_("This language is not available."))
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    if request.user.is_authenticated:
        services.set_language(person=request.user, language=code)
    response = HttpResponseRedirect(target)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=365 * 24 * 60 * 60,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response
