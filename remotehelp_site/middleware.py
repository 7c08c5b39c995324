"""The pages' one door for refusals."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.common.errors import RuleError


class RefusalMiddleware:
    """Answers a `RuleError` of a view with a page (or, asked by htmx, a fragment) that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RuleError):
            return None
        is_fragment = request.headers.get("HX-Request") == "true"
        template = "components/_refusal.html" if is_fragment else "refusal.html"
        return render(request, template, {"refusal": exception}, status=exception.status)
