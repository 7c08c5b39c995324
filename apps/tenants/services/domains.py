"""Verified domains: claimed by a tenant, proved by a DNS record or by a site operator, and given up (T5)."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError, RuleError
from apps.tenants import audit, domains, selectors
from apps.tenants.models import Act, DomainClaim, Tenant, User, VerifiedDomain
from apps.tenants.services.administrators import require_permission

MANAGE = "tenants.manage_settings"
MOST_CLAIMS = 20


class DomainTakenError(RuleError):
    code = "domain_taken"
    message = _(
        "This domain is verified by another organisation on this site. Ask the operators of this site."
    )


class RecordNotFoundError(RuleError):
    code = "record_not_found"
    message = _(
        "The DNS record is not there yet. Check its name and value; a change can take some hours to be seen."
    )


class DnsUnreachableError(RuleError):
    code = "dns_unreachable"
    status = 502
    message = _("DNS gave no answer. Try again in a few minutes.")


class TooSoonError(RuleError):
    code = "too_soon"
    status = 429
    message = _("This was checked a moment ago. Wait a few seconds, then try again.")


class TooManyClaimsError(RuleError):
    code = "too_many_claims"
    message = _("Too many domains are waiting to be verified. Verify or remove some first.")


class DomainInUseError(RuleError):
    code = "domain_in_use"
    message = _("People sign in with addresses of this domain. Change their addresses first.")


class PrimaryDomainError(RuleError):
    code = "primary_domain"
    message = _("This is the primary domain. Make another one primary first.")


def _require_manager(actor: User, tenant: Tenant) -> None:
    require_permission(actor, MANAGE)
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError


def _name(said: str) -> str:
    name = domains.find_name(said)
    if name is None:
        raise InvalidError(fields={"name": str(_("Enter a domain such as contoso.com."))})
    return name


def _locked(tenant: Tenant) -> Tenant:
    return Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)


@transaction.atomic
def claim_domain(*, actor: User, tenant: Tenant, name: str) -> DomainClaim:
    """Note that the tenant says a domain is its own, with the token that a DNS record has to carry. Decides nothing.

    Whether another tenant has it is not told here: that is said to whoever proves that it is theirs (T3). The same
    domain again is the same claim.
    """
    _require_manager(actor, tenant)
    wanted = _name(name)
    _locked(tenant)
    if tenant.domains.filter(name__iexact=wanted).exists():
        raise InvalidError(fields={"name": str(_("This domain is verified already."))})
    present = tenant.domain_claims.filter(name__iexact=wanted).first()
    if present is not None:
        return present
    if tenant.domain_claims.count() >= MOST_CLAIMS:
        raise TooManyClaimsError
    claim = DomainClaim.objects.create(tenant=tenant, name=wanted, token=domains.new_token())
    audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=claim, new={"name": wanted})
    return claim


@transaction.atomic
def withdraw_claim(*, actor: User, claim: DomainClaim) -> None:
    """Forget a claim that was not proved, and its token."""
    _require_manager(actor, claim.tenant)
    audit.record(actor=actor, tenant=claim.tenant, act=Act.REMOVED, target=claim)
    claim.delete()


def check_domain(*, actor: User, claim: DomainClaim) -> VerifiedDomain:
    """Ask DNS for the claim's record; with it the domain is the tenant's from now on.

    Refused while it is not there, when DNS does not answer in time, when another tenant has the domain, and when it
    was asked for a moment ago. DNS is asked outside of any transaction: nobody waits for it but the one who asks.
    """
    _require_manager(actor, claim.tenant)
    at = now()
    is_due = Q(checked_at__isnull=True) | Q(checked_at__lte=at - settings.REMOTEHELP_DNS_EVERY)
    found = DomainClaim.objects.filter(pk=claim.pk)
    if not found.filter(is_due).update(checked_at=at):
        raise TooSoonError if found.exists() else NotFoundError
    try:
        is_proved = domains.is_proved(claim.name, claim.token)
    except domains.UnreachableError as error:
        raise DnsUnreachableError from error
    if not is_proved:
        raise RecordNotFoundError
    return _verify(actor, claim.tenant, claim.name)


def verify_domain(*, actor: User | None, tenant: Tenant, name: str) -> VerifiedDomain:
    """Say without DNS that a domain is a tenant's: for site operators and the command line (`actor` None) alone."""
    if actor is not None and not (actor.is_superuser and actor.is_active):
        raise NotAllowedError
    return _verify(actor, tenant, _name(name))


@transaction.atomic
def _verify(actor: User | None, tenant: Tenant, name: str) -> VerifiedDomain:
    _locked(tenant)
    known = VerifiedDomain.objects.filter(name__iexact=name).first()
    if known is not None and known.tenant_id != tenant.pk:
        raise DomainTakenError
    if known is None:
        is_first = not tenant.domains.exists()
        try:
            with transaction.atomic():
                known = VerifiedDomain.objects.create(tenant=tenant, name=name, is_primary=is_first)
        except IntegrityError as error:
            raise DomainTakenError from error
        new = {"name": name, "is_primary": is_first}
        audit.record(actor=actor, tenant=tenant, act=Act.VERIFIED, target=known, new=new)
    tenant.domain_claims.filter(name__iexact=name).delete()
    return known


@transaction.atomic
def make_domain_primary(*, actor: User, domain: VerifiedDomain) -> None:
    """The one that is shown of people whose own address is in none of the verified domains."""
    _require_manager(actor, domain.tenant)
    tenant = _locked(domain.tenant)
    before = tenant.domains.filter(is_primary=True).exclude(pk=domain.pk).first()
    tenant.domains.exclude(pk=domain.pk).update(is_primary=False)
    if not tenant.domains.filter(pk=domain.pk, is_primary=False).update(is_primary=True):
        return
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.CHANGED,
        target=domain,
        old={"primary_domain": str(before) if before else ""},
        new={"primary_domain": domain.name},
    )


@transaction.atomic
def remove_domain(*, actor: User, domain: VerifiedDomain) -> None:
    """Give a domain up; another tenant can then verify it. Not the primary one, and not while local accounts have an
    address in it: they would sign in with what is nobody's."""
    _require_manager(actor, domain.tenant)
    tenant = _locked(domain.tenant)
    row = selectors.domains_of(tenant).filter(pk=domain.pk).first()
    if row is None:
        raise NotFoundError
    if row.is_primary:
        raise PrimaryDomainError
    if getattr(row, "number_of_people", 0):
        raise DomainInUseError
    old = {"name": row.name}
    audit.record(actor=actor, tenant=tenant, act=Act.REMOVED, target=row, old=old)
    row.delete()
