"""The one way in which a rule says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


class RuleError(Exception):
    """A rule refused. `code` is for machines, `message` for the person, `fields` names form fields.

    Nothing else is raised on purpose by services. Each door (page, API, socket, task) translates it once.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: str | StrPromise = _("This is not possible right now.")

    def __init__(
        self, message: str | StrPromise | None = None, *, fields: Mapping[str, str] | None = None
    ) -> None:
        if message is not None:
            self.message = message
        self.fields: Mapping[str, str] = fields or {}
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class NotFoundError(RuleError):
    """It does not exist, or not for you: the two are never told apart (T3)."""

    code = "not_found"
    status = 404
    message = _("There is nothing here, or it is not yours to see.")


class NotAllowedError(RuleError):
    """The actor is known and may see the thing, but not do this to it."""

    code = "not_allowed"
    status = 403
    message = _("You are not allowed to do this.")


class InvalidError(RuleError):
    """What was sent cannot be used; `fields` says where."""

    code = "invalid"
    status = 400
    message = _("Please check what you entered.")


def require_valid(row: Model) -> None:
    """Refuse a row that its own fields' rules do not allow; says what is wrong with which field."""
    try:
        row.full_clean()
    except ValidationError as error:
        fields = {name: " ".join(said) for name, said in error.message_dict.items()}
        raise InvalidError(fields=fields) from error
