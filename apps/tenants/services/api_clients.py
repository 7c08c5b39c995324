"""API clients: programs that administer a tenant with some of one administrator's rights, for a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import (
    InvalidError,
    NotAllowedError,
    NotFoundError,
    RuleError,
    require_valid,
)
from apps.tenants import audit, client_access, selectors
from apps.tenants.models import Act, ApiClient, Tenant, User
from apps.tenants.rights import MAKES_ADMINISTRATORS, RIGHTS
from apps.tenants.services.administrators import (
    MoreThanOwnError,
    require_in_person,
    require_permission,
)
from apps.tenants.services.organisations import NameTakenError

LONGEST_CLIENT_LIFE = timedelta(days=366)
CLIENTS_PER_TENANT = 50


class TooManyClientsError(RuleError):
    code = "too_many_clients"
    message = _("Your organisation has too many API clients. Revoke those that are not needed.")


class ClientStoppedError(RuleError):
    code = "client_stopped"
    message = _("This API client is revoked. Make a new one.")


class NotYourClientError(NotAllowedError):
    """A new secret would let its reader act in the name of somebody else."""

    code = "not_your_client"
    message = _("Only the administrator for whom it acts can do this. You can revoke it.")


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """An API client and its new secret: shown once, kept nowhere."""

    client: ApiClient
    secret: str

    @property
    def client_id(self) -> str:
        return str(self.client.oauth_id)


def _require_life(expires_at: datetime) -> None:
    if not now() < expires_at <= now() + LONGEST_CLIENT_LIFE:
        said = str(_("Choose a time in the future, within a year."))
        raise InvalidError(fields={"expires_at": said})


def _require_maker(actor: User, tenant: Tenant) -> None:
    """Whoever may make administrators may make clients; operators anywhere. No client ever."""
    require_in_person(actor)
    if actor.is_superuser and actor.tenant_id is None:
        if not actor.is_active:
            raise NotAllowedError
        return
    require_permission(actor, MAKES_ADMINISTRATORS)
    if actor.tenant_id != tenant.pk:
        raise NotFoundError


def _require_acts_for(actor: User, person: User | None) -> User:
    """Itself or, for operators, any administrator: whoever reads the secret acts in that person's name."""
    if person is None or person.tenant_id is None:
        raise NotYourClientError
    if actor.pk != person.pk and actor.tenant_id is not None:
        raise NotYourClientError
    return person


def _checked_scopes(person: User, scopes: Iterable[str]) -> list[str]:
    wanted = set(scopes)
    if not wanted or not wanted <= set(RIGHTS):
        raise InvalidError(fields={"scopes": str(_("Choose at least one right."))})
    if wanted - selectors.permissions_held(person):
        raise MoreThanOwnError(
            fields={"scopes": str(_("It can have only rights that its administrator holds."))}
        )
    return [name for name in RIGHTS if name in wanted]


@transaction.atomic
def create_api_client(
    *,
    actor: User,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime,
    acts_for: User | None = None,
) -> IssuedSecret:
    """A client with these rights of its administrator, until then. What they lose it loses with the next request.

    It acts for the actor; a site operator makes one for somebody else (`acts_for`).
    """
    person = _require_acts_for(actor, acts_for or actor)
    tenant = Tenant.objects.select_for_update(no_key=True).get(people=person.pk)
    _require_maker(actor, tenant)
    chosen = _checked_scopes(person, scopes)
    _require_life(expires_at)
    if _living(tenant).count() >= CLIENTS_PER_TENANT:
        raise TooManyClientsError
    name = name.strip()
    if _living(tenant).filter(name__iexact=name).exists():
        raise NameTakenError(fields={"name": str(NameTakenError.message)})
    secret = client_access.new_secret()
    oauth = client_access.make_oauth_client(name=name, scopes=chosen, secret=secret)
    client = ApiClient(
        tenant=tenant,
        name=name,
        oauth=oauth,
        acts_for=person,
        scopes=chosen,
        expires_at=expires_at,
    )
    require_valid(client)
    try:
        with transaction.atomic():
            client.save()
    except IntegrityError as error:
        raise NameTakenError(fields={"name": str(NameTakenError.message)}) from error
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=client,
        new={"scopes": chosen, "expires_at": expires_at},
    )
    return IssuedSecret(client, secret)


def _living(tenant: Tenant) -> QuerySet[ApiClient]:
    return ApiClient.objects.filter(tenant=tenant, revoked_at__isnull=True)


def _locked(client: ApiClient) -> ApiClient:
    return (
        ApiClient.objects.select_for_update(of=("self",))
        .select_related("tenant", "oauth", "acts_for")
        .get(pk=client.pk)
    )


@transaction.atomic
def rotate_api_client(
    *, actor: User, client: ApiClient, expires_at: datetime | None = None
) -> IssuedSecret:
    """A new secret, and until when it is good; the old one and every token of it end at once."""
    row = _locked(client)
    _require_maker(actor, row.tenant)
    person = _require_acts_for(actor, row.acts_for)
    if row.revoked_at is not None:
        raise ClientStoppedError
    _checked_scopes(person, row.scopes)
    before = row.expires_at
    if expires_at is not None:
        _require_life(expires_at)
        row.expires_at = expires_at
        row.save(update_fields=["expires_at"])
    secret = client_access.new_secret()
    client_access.set_secret(row, secret)
    audit.record(
        actor=actor,
        tenant=row.tenant,
        act=Act.CHANGED,
        target=row,
        old={"expires_at": before},
        new={"secret": True, "expires_at": row.expires_at},  # that it is new; never what it is
    )
    return IssuedSecret(row, secret)


@transaction.atomic
def revoke_api_client(*, actor: User, client: ApiClient) -> ApiClient:
    """It asks nothing any more, from the next request on. Doing it twice changes nothing."""
    row = _locked(client)
    _require_maker(actor, row.tenant)
    if row.revoked_at is None:
        row.revoked_at = now()
        row.save(update_fields=["revoked_at"])
        client_access.set_secret(row, None)
        audit.record(actor=actor, tenant=row.tenant, act=Act.REVOKED, target=row)
    return row
