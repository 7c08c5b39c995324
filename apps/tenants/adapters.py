"""How allauth and our people meet: nobody signs up, and the tenant comes from the organisation."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.common.errors import NotAllowedError
from apps.tenants import services
from apps.tenants.app_access import revoke_tokens_of
from apps.tenants.claims import DirectoryClaims, find_claims
from apps.tenants.models import User

SIGNED_IN_MESSAGE = "account/messages/logged_in.txt"


def start_page_of(person: User) -> str:
    """Where a person begins: people of a tenant at home, those who run the site in its administration."""
    return reverse("home" if person.tenant_id else "admin:index")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Local accounts, made by their tenant and never by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return start_page_of(cast("User", request.user))  # asked only once somebody is signed in

    def post_login(
        self, request: HttpRequest, user: User, *, redirect_url: str | None, **kwargs: Any
    ) -> HttpResponse:
        if user.tenant_id is None:
            # The pages of a tenant have nothing for them, whatever page had asked for the sign-in.
            asked = redirect_url or get_next_redirect_url(request) or ""
            administration = start_page_of(user)
            redirect_url = asked if asked.startswith(administration) else administration
        response: HttpResponse = super().post_login(
            request, user, redirect_url=redirect_url, **kwargs
        )
        return response

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("tenants:profile")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """By password, only local accounts: whoever is of a directory comes in through their organisation, even
        where a password of theirs was left or set by somebody."""
        person: User | None = super().authenticate(request, **credentials)
        if person is None or not person.directory_oid:
            return person
        self.authentication_failed(request, **credentials)
        return None

    def set_password(self, user: User, password: str) -> None:
        services.require_local_account(user)
        super().set_password(user, password)
        revoke_tokens_of(user)  # whoever had the old one is out, in the app too

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kw: Any,
    ) -> None:
        if message_template != SIGNED_IN_MESSAGE:  # the page itself says who is signed in
            super().add_message(request, level, message_template, *args, **kw)


class OrganisationProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """OpenID Connect where the ID token alone says who signed in: `(tid, oid)`, never an address."""

    claims: DirectoryClaims | None = None

    def sociallogin_from_response(
        self, request: HttpRequest, response: dict[str, Any]
    ) -> SocialLogin:
        self.claims = find_claims(response.get("id_token") or {})
        if self.claims is None:
            raise services.DirectoryRefusedError
        return super().sociallogin_from_response(request, response)

    def extract_uid(self, data: dict[str, Any]) -> str:
        return cast("DirectoryClaims", self.claims).oid  # without claims it was refused before

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Only what identifies: the rest is in the person's profile and need not be kept twice."""
        return {"id_token": {name: data["id_token"][name] for name in ("tid", "oid")}}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """None: a claimed address must never stand beside the address of a local account."""
        return []


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Organisation sign-in: one OpenID Connect app per tenant, tied by the tenant's short name."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False  # `pre_social_login` has admitted everybody who may come in

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> OrganisationProvider:
        app = self.get_app(request, provider=provider, client_id=client_id)
        return OrganisationProvider(request, app=app)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse, or put the tenant's own person in the place of whatever allauth has found."""
        provider = sociallogin.provider
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise NotAllowedError  # an organisation's account is never tied to an account by hand
        sociallogin.account = services.admit_from_directory(
            slug=provider.app.provider_id, claims=provider.claims
        )
        sociallogin.user = sociallogin.account.user
