"""How allauth and our people meet: nobody signs up, and the tenant comes from the organisation."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    pass


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    pass
