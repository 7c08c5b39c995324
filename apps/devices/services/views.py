"""Saved views of the list of devices: one's own, and those that administrators share."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.conflicts import require_unchanged
from apps.common.errors import InvalidError, NotFoundError, RuleError, require_valid
from apps.devices.models import SavedView
from apps.devices.selectors import view_state
from apps.devices.services.records import require_manager
from apps.tenants import audit
from apps.tenants.models import Act, User
from apps.tenants.selectors import tenant_of
from apps.tenants.services import NameTakenError

# The words of the address that a view keeps: filters, and the order.
KEPT = frozenset(
    {
        "q",
        "enrolment",
        "compliance",
        "system",
        "owner",
        "group",
        "seen",
        "app_below",
        "policy",
        "sort",
    }
)
MOST = 50
AUDITED = ("name", "query")


class TooManyViewsError(RuleError):
    code = "too_many_views"
    message = _("There are 50 saved views already. Delete one first.")


class ViewGoneError(NotFoundError):
    code = "view_gone"
    message = _("This saved view is not there any more.")


def _query(said: Mapping[str, str]) -> dict[str, str]:
    query = {name: value for name, value in said.items() if value}
    if not query.keys() <= KEPT or any(len(value) > 100 for value in query.values()):
        raise InvalidError
    return dict(sorted(query.items()))


def _save(view: SavedView) -> None:
    view.name = view.name.strip()
    require_valid(view)
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise NameTakenError(fields={"name": str(NameTakenError.message)}) from error


@transaction.atomic
def save_view(
    *, actor: User, name: str, query: Mapping[str, str], is_shared: bool = False
) -> SavedView:
    """The filters and order under a name: the actor's own, or shared with all who see devices of their tenant.

    To share takes the permission to manage devices. A name that is used on the same side is refused.
    """
    tenant = tenant_of(actor)
    if is_shared:
        require_manager(actor, tenant)
    person = None if is_shared else actor
    theirs = SavedView.objects.filter(tenant=tenant, person=person)
    if theirs.count() >= MOST:
        raise TooManyViewsError
    view = SavedView(tenant=tenant, person=person, name=name, query=_query(query))
    if theirs.filter(name__iexact=view.name.strip()).exists():
        raise NameTakenError(fields={"name": str(NameTakenError.message)})
    _save(view)
    if is_shared:
        new = audit.state_of(view, *AUDITED)
        audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=view, new=new)
    return view


def _locked(actor: User, view: SavedView) -> SavedView:
    """The view as it is now, for whoever may change it: its person, or who manages devices if it is shared."""
    rows = SavedView.objects.select_for_update()
    found = rows.filter(Q(person=actor) | Q(person__isnull=True), pk=view.pk).first()
    if found is None or found.tenant_id != actor.tenant_id:
        raise ViewGoneError
    if found.is_shared:
        require_manager(actor, tenant_of(actor))
    return found


@transaction.atomic
def change_view(
    *,
    actor: User,
    view: SavedView,
    name: str,
    query: Mapping[str, str],
    seen: str | None = None,
) -> SavedView:
    """Another name, other filters. Refused when somebody else has changed it since it was `seen`."""
    row = _locked(actor, view)
    require_unchanged(view_state(row), seen)
    before = audit.state_of(row, *AUDITED)
    row.name, row.query = name, _query(query)
    same = SavedView.objects.filter(tenant=row.tenant_id, person=row.person_id)
    if same.filter(name__iexact=row.name.strip()).exclude(pk=row.pk).exists():
        raise NameTakenError(fields={"name": str(NameTakenError.message)})
    _save(row)
    if row.is_shared:
        new = audit.state_of(row, *AUDITED)
        tenant = tenant_of(actor)
        audit.record(actor=actor, tenant=tenant, act=Act.CHANGED, target=row, old=before, new=new)
    return row


@transaction.atomic
def delete_view(*, actor: User, view: SavedView) -> None:
    """The view is gone; the devices are not concerned."""
    row = _locked(actor, view)
    if row.is_shared:
        old = audit.state_of(row, *AUDITED)
        tenant = tenant_of(actor)
        audit.record(actor=actor, tenant=tenant, act=Act.REMOVED, target=row, old=old)
    row.delete()
