"""Which language a page is in: the account's, else the one chosen here before, else the browser's."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

# Our Norwegian is `nb`; browsers also ask for Norwegian as such and for Nynorsk.
_NORWEGIAN = re.compile(r"(?<![a-z0-9-])(?:no|nn)(?![a-z0-9])", re.IGNORECASE)


class BrowserLanguageMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if asked := request.META.get("HTTP_ACCEPT_LANGUAGE"):
            request.META["HTTP_ACCEPT_LANGUAGE"] = _NORWEGIAN.sub("nb", asked)
        super().process_request(request)


class AccountLanguageMiddleware:
    """Stands behind the authentication; the language that a person once chose follows them everywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.codes = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.language in self.codes:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
