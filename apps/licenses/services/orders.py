"""Ordering licences and trials, changing their number and their end, and cancelling them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.conflicts import require_unchanged
from apps.common.errors import InvalidError, NotAllowedError, RuleError, require_valid
from apps.licenses import selectors
from apps.licenses.models import License, LicenseState, Product, Seat, Terms
from apps.licenses.services.seats import (
    NoSeatLeftError,
    assign_seats,
    require_enough_seats,
    require_manager,
)
from apps.tenants import audit
from apps.tenants.models import Act, Tenant, User


class TrialUsedError(RuleError):
    code = "trial_used"
    message = _(
        "The organisation has already had a trial of this product. Buy a licence, or ask the operators of this site "
        "for another trial."
    )


class LicenseCancelledError(RuleError):
    code = "license_cancelled"
    message = _("This licence was cancelled. Order another one.")


DAY = timedelta(days=1)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)


def _is_of_the_tenant(actor: User | None) -> bool:
    """Whether the actor is bound by what an organisation may do by itself: its operators and the site are not."""
    return actor is not None and not actor.is_superuser


def _require_sensible_end(license_: License, at: datetime) -> None:
    ends_at = license_.ends_at
    if ends_at is None:
        return
    if ends_at <= at:
        raise InvalidError(fields={"ends_at": gettext("The end is in the past.")})
    if ends_at > LATEST:
        raise InvalidError(fields={"ends_at": gettext("The end is too far away.")})
    if ends_at <= license_.activates_at:
        moment = timezone.localtime(license_.activates_at)
        said = gettext("The licence would end before it is active, which is expected at %(time)s.")
        words = {"time": formats.date_format(moment, "DATETIME_FORMAT")}
        raise InvalidError(fields={"ends_at": said % words})


def _require_trial(actor: User | None, license_: License) -> None:
    """One trial for each product, unless an operator allowed another, and no longer than trials are."""
    if license_.terms != Terms.TRIAL:
        return
    # Two who begin a trial at once come one after the other.
    Tenant.objects.select_for_update(no_key=True).get(pk=license_.tenant_id)
    used = License.objects.filter(
        tenant=license_.tenant_id,
        product=license_.product,
        terms=Terms.TRIAL,
        is_another_trial_allowed=False,
    )
    if used.exists():
        raise TrialUsedError
    longest: timedelta = settings.REMOTEHELP_TRIAL_FOR
    if license_.ends_at is None:
        license_.ends_at = license_.activates_at + longest
    # A day in the address of a page ends at its midnight.
    elif _is_of_the_tenant(actor) and license_.ends_at > license_.activates_at + longest + DAY:
        said = gettext("A trial lasts at most %(days)s days.") % {"days": longest.days}
        raise InvalidError(fields={"ends_at": said})


@transaction.atomic
def order_license(
    *,
    actor: User | None,
    tenant: Tenant,
    product: Product,
    quantity: int,
    terms: Terms = Terms.BOUGHT,
    delay: timedelta | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    seats_of: License | None = None,
) -> License:
    """A new licence, pending for the configured delay (L2), or until it starts if that is later.

    A trial is one for each tenant and product, unless a site operator has allowed another, and ends by itself.
    `seats_of` is a licence of the tenant for the same product whose people and groups get a seat of this one too.
    `delay` is for the site itself and its operators.
    """
    require_manager(actor, tenant)
    if delay is not None and _is_of_the_tenant(actor):
        raise NotAllowedError
    at = now()
    if starts_at is not None and not at <= starts_at <= LATEST:
        raise InvalidError(
            fields={"starts_at": gettext("The start is in the past or too far away.")}
        )
    wait: timedelta = settings.REMOTEHELP_LICENCE_DELAY if delay is None else delay
    license_ = License(
        tenant=tenant,
        product=product,
        terms=terms,
        quantity=quantity,
        ordered_at=at,
        activates_at=max(at + wait, starts_at or at),
        ends_at=ends_at,
    )
    license_.noted_state = license_.state_to_note(at)
    _require_sensible_end(license_, at)
    _require_trial(actor, license_)
    require_valid(license_)
    license_.save(force_insert=True)
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=license_,
        new=audit.state_of(license_, "product", "terms", "quantity", "activates_at", "ends_at"),
    )
    if seats_of is not None:
        _take_over_seats(actor, license_, seats_of)
    return license_


def _take_over_seats(actor: User | None, license_: License, seats_of: License) -> None:
    if (seats_of.tenant_id, seats_of.product) != (license_.tenant_id, license_.product):
        raise NotAllowedError
    seats = list(Seat.objects.filter(license=seats_of).select_related("person", "group"))
    try:
        assign_seats(
            actor=actor,
            license_=license_,
            people=[one.person for one in seats if one.person is not None and one.person.is_active],
            groups=[one.group for one in seats if one.group is not None],
        )
    except NoSeatLeftError as error:
        raise InvalidError(fields={"quantity": str(error)}) from error


@transaction.atomic
def change_license(
    *,
    actor: User | None,
    license_: License,
    quantity: int,
    ends_at: datetime | None,
    seen: str | None = None,
) -> License:
    """Another number of seats, or another end: a licence that has expired is so renewed, a cancelled one is not.

    Fewer seats than are taken are refused, and an end in the past. Only an operator prolongs a trial. `seen` is the
    fingerprint of `selectors.license_state` as the actor saw it.
    """
    require_manager(actor, license_.tenant)
    row = License.objects.select_for_update(no_key=True).get(pk=license_.pk)
    require_unchanged(selectors.license_state(row), seen)
    at = now()
    if row.cancelled_at is not None:
        raise LicenseCancelledError
    before = audit.state_of(row, "quantity", "ends_at")
    was_expired = row.state_at(at) is LicenseState.EXPIRED
    prolonged = row.ends_at is not None and (ends_at is None or ends_at > row.ends_at)
    if row.terms == Terms.TRIAL and prolonged and _is_of_the_tenant(actor):
        raise InvalidError(
            fields={"ends_at": gettext("A trial cannot be prolonged. Buy a licence instead.")}
        )
    is_moved = ends_at != row.ends_at
    row.quantity, row.ends_at = quantity, ends_at
    if is_moved:
        _require_sensible_end(row, at)
    elif was_expired:
        raise InvalidError(fields={"ends_at": gettext("The end is in the past.")})
    if was_expired:
        row.noted_state = row.state_to_note(at)
    require_valid(row)
    row.save(update_fields=["quantity", "ends_at", "noted_state"])
    if row.has_seats:
        try:
            require_enough_seats(row)
        except NoSeatLeftError as error:
            raise InvalidError(fields={"quantity": str(error)}) from error
    audit.record(
        actor=actor,
        tenant=row.tenant,
        act=Act.CHANGED,
        target=row,
        old=before,
        new=audit.state_of(row, "quantity", "ends_at"),
    )
    return row


@transaction.atomic
def cancel_license(*, actor: User | None, license_: License) -> None:
    """Stop new sessions on this licence; running ones go on (L3). It cannot be taken back."""
    require_manager(actor, license_.tenant)
    cancelled = License.objects.filter(pk=license_.pk, cancelled_at__isnull=True)
    if cancelled.update(cancelled_at=now(), noted_state=LicenseState.CANCELLED):
        audit.record(actor=actor, tenant=license_.tenant, act=Act.CANCELLED, target=license_)


@transaction.atomic
def allow_another_trial(*, actor: User | None, license_: License) -> None:
    """After this trial the tenant may start one more of the same product. For the site and its operators."""
    if _is_of_the_tenant(actor) or license_.terms != Terms.TRIAL:
        raise NotAllowedError
    used = License.objects.filter(pk=license_.pk, is_another_trial_allowed=False)
    if used.update(is_another_trial_allowed=True):
        audit.record(
            actor=actor,
            tenant=license_.tenant,
            act=Act.CHANGED,
            target=license_,
            old={"is_another_trial_allowed": False},
            new={"is_another_trial_allowed": True},
        )
