"""The API's one door: what a view must declare, and how a refusal is answered.

DRF imports this module while it makes its view classes, so nothing here may import `rest_framework.views`;
what builds on those is in `api_views`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.clock import now
from apps.common.errors import NotFoundError, RuleError

if TYPE_CHECKING:
    from rest_framework.views import APIView


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 has it, and of a size that a request here can have.

    Python's own reader takes lone surrogates, which no answer can repeat, and gives up on deep nesting with an
    error of the server's.
    """

    media_type = "application/json"
    LIMIT = 64 * 1024

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(self.LIMIT + 1)
        if len(body) > self.LIMIT:
            raise exceptions.ParseError(_("The request is too large."))
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError from error


class SignedIn(BasePermission):
    """Somebody who is signed in and active."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and request.user.is_active


class DeclaredPermission(BasePermission):
    """The default of every view: refused, unless the view says whom it is for.

    A view says `audience = "people"` (anybody of a tenant) or names a permission on the tenant
    (`audience = "tenants.view_reports"`), or several of which one is enough. A view without an audience is refused to everybody.

    API clients come in where a permission is named that is among their scopes, and nowhere else.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        audience = getattr(view, "audience", None)
        user = request.user
        if audience is None or not SignedIn().has_permission(request, view):
            return False
        tenant = getattr(user, "tenant", None)
        if tenant is None:
            return False
        through = getattr(user, "through", None)
        if through is not None:
            return any(
                name in through.scopes and user.has_perm(name, tenant) for name in _names(audience)
            )
        # The device app takes part in sessions; what it holds for an administrator administers nothing.
        if audience != "people" and request.auth is not None:
            return False
        # A site operator, for whom `has_perm` is always true, is nobody's administrator.
        if audience == "people":
            return True
        return not user.is_superuser and any(
            user.has_perm(name, tenant) for name in _names(audience)
        )


def _names(audience: str | tuple[str, ...]) -> tuple[str, ...]:
    return (audience,) if isinstance(audience, str) else audience


PROBLEM = "application/problem+json"


def _answer(code: str, message: str, code_of_status: int, fields: Any = None) -> Response:
    """Problem details (RFC 9457), with what our own callers read: `code`, `message` (as `detail`) and `fields`."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(code_of_status).phrase,
        "status": code_of_status,
        "detail": message,
        "code": code,
        "message": message,
        "fields": fields or {},
    }
    return Response(said, status=code_of_status, content_type=PROBLEM)


def _flat(fields: Mapping[str, Any]) -> dict[str, str]:
    """One sentence for each field, whatever the validators made of it."""
    return {
        name: " ".join(str(part) for part in said) if isinstance(said, list) else str(said)
        for name, said in fields.items()
    }


def _answer_rule(refusal: RuleError) -> Response:
    answer = _answer(refusal.code, str(refusal.message), refusal.status, dict(refusal.fields))
    if detail := getattr(refusal, "as_json", None):
        answer.data.update(detail())
    until = getattr(refusal, "until", None)
    if isinstance(until, datetime):
        answer["Retry-After"] = str(max(1, int((until - now()).total_seconds()) + 1))
    return answer


def answer_refusal(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal in one shape: `code` for machines, `message` for people, `fields`."""
    if isinstance(exc, Http404):
        exc = NotFoundError()
    if isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, RuleError):
        return _answer_rule(exc)
    if isinstance(exc, exceptions.ValidationError):
        fields = exc.detail if isinstance(exc.detail, dict) else {"": exc.detail}
        return _answer("invalid", _("Please check what you sent."), exc.status_code, _flat(fields))
    if isinstance(exc, exceptions.NotAuthenticated):
        return _answer("not_signed_in", str(exc.detail), status.HTTP_401_UNAUTHORIZED)
    if isinstance(exc, exceptions.AuthenticationFailed):
        answer = _answer("sign_in_ended", str(exc.detail), status.HTTP_401_UNAUTHORIZED)
        answer["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return answer
    if isinstance(exc, exceptions.APIException):
        codes = exc.get_codes()
        return _answer(
            codes if isinstance(codes, str) else "invalid", str(exc.detail), exc.status_code
        )
    return None
