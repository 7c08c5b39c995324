"""The people who run the site: superusers without a tenant, who take part in no session."""

from __future__ import annotations

from django.db import transaction

from apps.tenants.models import User
from apps.tenants.services import NameTakenError, give_first_password


@transaction.atomic
def create_site_operator(
    *, email: str, first_name: str, last_name: str, password: str | None = None
) -> User:
    """A new site operator. Without a password nobody signs in until one is set by a one-time link."""
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email, directory_oid="").exists():
        raise NameTakenError(fields={"email": str(NameTakenError.message)})
    person = User(
        email=email, first_name=first_name, last_name=last_name, is_staff=True, is_superuser=True
    )
    give_first_password(person, password)
    person.save()
    return person
