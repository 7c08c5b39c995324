"""What a profile may hold. One place for the rules, whether a person is entered by hand, changed, or imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.common.text import one_line
from apps.tenants.models import Tenant, User

NAME_LENGTH = 150
JOB_TITLE_LENGTH = 120
ADDRESS_LENGTH = 254
_AT_ONCE = 500


class Problem(models.TextChoices):
    """What is wrong with a field of a profile."""

    BAD_ADDRESS = "bad_address", _("Enter a valid address.")
    FOREIGN_DOMAIN = (
        "foreign_domain",
        _("The address must be in one of the organisation's verified domains."),
    )
    TAKEN = "name_taken", _("This address is already used.")
    TOO_LONG = "too_long", _("This is too long.")


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as they are entered. `cleaned` is how it is kept."""

    email: str
    first_name: str = ""
    last_name: str = ""
    job_title: str = ""

    def cleaned(self) -> Profile:
        return Profile(
            email=self.email.strip().lower(),
            first_name=one_line(self.first_name),
            last_name=one_line(self.last_name),
            job_title=one_line(self.job_title),
        )


_LONGEST = {
    "email": ADDRESS_LENGTH,
    "first_name": NAME_LENGTH,
    "last_name": NAME_LENGTH,
    "job_title": JOB_TITLE_LENGTH,
}


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


class Rules:
    """The rules of one tenant for local accounts, with what they need read once: few queries for any number."""

    def __init__(self, tenant: Tenant, addresses: Iterable[str]) -> None:
        self._domains = {name.lower() for name in tenant.domains.values_list("name", flat=True)}
        self._taken: set[str] = set()
        wanted = sorted({address.strip().lower() for address in addresses})
        for start in range(0, len(wanted), _AT_ONCE):
            # Across all tenants: an address signs one local account in. Only its own tenant's domain leads here.
            found = User.objects.annotate(address=Lower("email")).filter(
                address__in=wanted[start : start + _AT_ONCE], directory_oid=""
            )
            self._taken |= set(found.order_by().values_list("address", flat=True))

    def problems(self, profile: Profile, *, present: User | None = None) -> dict[str, Problem]:
        """What is wrong with a cleaned profile, by field; `present` is whose profile it is already."""
        found = {
            name: Problem.TOO_LONG
            for name, longest in _LONGEST.items()
            if len(getattr(profile, name)) > longest
        }
        if problem := self._problem_of_address(profile.email, present):
            found["email"] = problem
        return found

    def _problem_of_address(self, address: str, present: User | None) -> Problem | None:
        try:
            validate_email(address)
        except ValidationError:
            return Problem.BAD_ADDRESS
        if present is not None and present.email.lower() == address:
            return None
        if domain_of(address) not in self._domains:
            return Problem.FOREIGN_DOMAIN
        return Problem.TAKEN if address in self._taken else None
