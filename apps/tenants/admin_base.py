"""What every page of the Django admin shares: one tenant's rows, one tenant's choices, and who may do what.

A site operator (superuser) sees all tenants. A tenant administrator who was let into the admin (staff) sees the
rows of their own tenant, and only with the administrative permission for that kind of thing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidError, RuleError
from apps.tenants import audit
from apps.tenants.models import Act, Tenant, User
from apps.tenants.selectors import may_administer
from apps.tenants.signals import announce_ground_change

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyModelForm = forms.ModelForm[Any]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyModelForm = forms.ModelForm


def _tenant_id_in(value: Any) -> uuid.UUID | None:
    """The tenant that a chosen thing belongs to; None if it belongs to none or is no such thing."""
    if isinstance(value, Tenant):
        return value.pk
    found = getattr(value, "tenant_id", None) if isinstance(value, Model) else None
    return found if isinstance(found, uuid.UUID) else None


def _was(form: Any, name: str) -> Any:
    """What a field of the form held before, as the things themselves."""
    field, value = form.fields[name], form[name].initial
    if type(field) is forms.ModelChoiceField and field.queryset is not None and value is not None:
        return field.queryset.filter(pk=value).first()
    return value


class OneTenantForm(AnyModelForm):
    """Refuses to join things of different tenants (T3): the one place where the admin asks this."""

    # Set by the admin for somebody who may only work in their own tenant.
    acting_tenant_id: ClassVar[uuid.UUID | None] = None
    # Fields whose choice may belong to no tenant at all.
    may_be_shared: ClassVar[frozenset[str]] = frozenset({"role"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.acting_tenant_id is not None and hasattr(self.instance, "tenant_id"):
            self.instance.tenant_id = self.acting_tenant_id

    def _get_validation_exclusions(self) -> set[str]:
        # Uniqueness within a tenant is checked although the tenant itself cannot be edited here.
        return super()._get_validation_exclusions() - {"tenant"}  # type: ignore[misc,no-any-return]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        own = self.instance.pk if isinstance(self.instance, Tenant) else None
        ours = own or _tenant_id_in(cleaned.get("tenant"))
        ours = ours or getattr(self.instance, "tenant_id", None)
        for name, value in list(cleaned.items()):  # `add_error` takes the refused ones out
            chosen = list(value) if isinstance(value, QuerySet) else [value]
            for thing in chosen:
                if not isinstance(thing, Model) or not hasattr(thing, "tenant_id"):
                    continue
                theirs = _tenant_id_in(thing)
                if theirs is None and name in self.may_be_shared:
                    continue
                ours = ours or theirs
                if theirs is None or theirs != ours:
                    self.add_error(name, ValidationError(_("This belongs to another tenant.")))
                    break
        return cleaned


class ServiceForm(OneTenantForm):
    """Is saved by a service while it is checked, so that what the service refuses stands beside the fields.

    The Django admin has no place for a refusal after the check. Both happen in one transaction, and the forms here
    have no other forms inside them that could be wrong.
    """

    # Set by the admin for the request at hand: does it and gives the row.
    serve: ClassVar[Callable[[Any], Model]]
    # What the service calls a field, where the form calls it otherwise.
    renamed: ClassVar[dict[str, str]] = {}

    def _post_clean(self) -> None:
        """In place of filling the row in and asking its fields: the service does both, on the row as it is now."""
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.instance = type(self).serve(self)
        except RuleError as error:
            self._refuse(error)

    def _refuse(self, error: RuleError) -> None:
        elsewhere = []
        for name, said in error.fields.items():
            shown = self.renamed.get(name, name)
            if shown in self.fields:
                self.add_error(shown, said)
            else:
                elsewhere.append(said)
        if elsewhere or not error.fields:
            self.add_error(None, " ".join(elsewhere) or str(error))


class TenantModelAdmin(AnyModelAdmin):
    """The base of the admin of everything that belongs to a tenant."""

    form = OneTenantForm
    # From the model to its tenant, as a lookup.
    tenant_path: ClassVar[str] = "tenant"
    # The administrative permission to change these, and others that suffice to look at them.
    permission: ClassVar[str]
    view_permissions: ClassVar[tuple[str, ...]] = ()
    # Whether help decisions stand on these: running sessions are then asked about again.
    is_ground: ClassVar[bool] = True
    show_full_result_count = False

    # --- who ------------------------------------------------------------------------------------

    def holds(self, request: HttpRequest, *permissions: str) -> bool:
        """Whether the person may do one of these here. Asked of the database once a request."""
        person: Any = request.user
        if not person.is_active or not person.is_staff:
            return False
        if person.is_superuser:
            return True
        known: dict[str, bool] = request.__dict__.setdefault("_administers", {})
        for permission in permissions:
            if permission not in known:
                known[permission] = may_administer(person, permission)
        return any(known[permission] for permission in permissions)

    def tenant_id_of(self, obj: Any) -> uuid.UUID | None:
        for step in self.tenant_path.split("__"):
            obj = getattr(obj, step, None)
        found = getattr(obj, "pk", obj)
        return found if isinstance(found, uuid.UUID) else None

    def is_ours(self, request: HttpRequest, obj: Any) -> bool:
        person: Any = request.user
        return obj is None or person.is_superuser or self.tenant_id_of(obj) == person.tenant_id

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = self.holds(request, self.permission, *self.view_permissions)
        return allowed and self.is_ours(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, self.permission) and self.is_ours(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, self.permission) and self.is_ours(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, self.permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    # --- what -----------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        person: Any = request.user
        found = super().get_queryset(request)
        if person.is_superuser:
            return found
        if person.tenant_id is None:
            return found.none()
        return found.filter(**{self.tenant_path: person.tenant_id})

    def get_list_filter(self, request: HttpRequest) -> Any:
        own = super().get_list_filter(request)
        person: Any = request.user
        if not person.is_superuser or self.tenant_path == "pk":
            return own
        return [(self.tenant_path, admin.RelatedOnlyFieldListFilter), *own]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A thing never moves to another tenant: what it is joined to would stay behind."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "tenant") if obj is not None and self.tenant_path == "tenant" else fields

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        person: Any = request.user
        excluded = tuple(super().get_exclude(request, obj) or ())
        is_given = obj is None and self.tenant_path == "tenant" and not person.is_superuser
        return (*excluded, "tenant") if is_given else excluded

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        person: Any = request.user
        acting = None if person.is_superuser or obj is not None else person.tenant_id
        return type(form.__name__, (form,), {"acting_tenant_id": acting})

    def _choices(self, request: HttpRequest, model: type[Model]) -> QuerySet[Any] | None:
        person: Any = request.user
        related = self.admin_site._registry.get(model)
        if person.is_superuser or not isinstance(related, TenantModelAdmin):
            return None
        return related.get_queryset(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        own = self._choices(request, db_field.remote_field.model)
        if own is not None:
            kwargs["queryset"] = own
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        own = self._choices(request, db_field.remote_field.model)
        if own is not None:
            kwargs["queryset"] = own
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # --- and then -------------------------------------------------------------------------------

    # Fields that the audit log must not hold, or that a service writes down itself.
    unrecorded: ClassVar[frozenset[str]] = frozenset()
    names_people: ClassVar[bool] = False

    def _record(
        self,
        request: HttpRequest,
        obj: Any,
        act: Act,
        old: dict[str, Any] | None = None,
        new: dict[str, Any] | None = None,
    ) -> None:
        tenant_id = self.tenant_id_of(obj)
        tenant = Tenant.objects.filter(pk=tenant_id).first() if tenant_id is not None else None
        if tenant is None:
            return  # it is of no tenant
        audit.record(
            actor=cast("User", request.user),
            tenant=tenant,
            act=act,
            target=obj,
            old=old,
            new=new,
            names_people=self.names_people,
        )

    def _record_saved(self, request: HttpRequest, form: Any, change: bool) -> None:
        names = [name for name in form.changed_data if name not in self.unrecorded]
        old = {name: _was(form, name) for name in names} if change else {}
        new = {name: form.cleaned_data.get(name) for name in names}
        self._record(request, form.instance, Act.CHANGED if change else Act.ADDED, old, new)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Its actions call services, which may refuse: one refusal takes back the whole action."""
        try:
            with transaction.atomic(), audit.acting(cast("User", request.user)):
                return super().changelist_view(request, extra_context)
        except RuleError as error:
            self.message_user(request, str(error), level=messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            with transaction.atomic(), audit.acting(cast("User", request.user)):
                return super().delete_view(request, object_id, extra_context)
        except RuleError as error:
            self.message_user(request, str(error), level=messages.ERROR)
            label = f"{self.opts.app_label}_{self.opts.model_name}"
            return HttpResponseRedirect(reverse(f"admin:{label}_change", args=[object_id]))

    def _announce(self, *tenant_ids: uuid.UUID | None) -> None:
        for tenant_id in set(tenant_ids):
            if self.is_ground and tenant_id is not None:
                announce_ground_change(tenant_id)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Comes after `save_model` on every way of saving, when the groups are written too."""
        super().save_related(request, form, formsets, change)
        self._announce(self.tenant_id_of(form.instance))
        self._record_saved(request, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        tenant_id = self.tenant_id_of(obj)
        if not isinstance(obj, Tenant):
            self._record(request, obj, Act.REMOVED)
        super().delete_model(request, obj)
        self._announce(tenant_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        tenant_ids = set(queryset.order_by().values_list(self.tenant_path, flat=True))
        for obj in queryset:
            if not isinstance(obj, Tenant):
                self._record(request, obj, Act.REMOVED)
        super().delete_queryset(request, queryset)
        self._announce(*tenant_ids)


class ServiceAdmin(TenantModelAdmin):
    """The admin of what services write: they decide, name the actor and make the audit row; nothing here does.

    A site operator is no tenant's administrator, so services are asked as the site itself (`actor` None) and the
    entry names the operator all the same.
    """

    form = ServiceForm

    def serve(self, request: HttpRequest, form: Any, obj: Any) -> Model:
        """Make (`obj` is None) or change the row by its service, from `form.cleaned_data`; gives it."""
        raise NotImplementedError

    def serve_removal(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError

    def actor(self, request: HttpRequest) -> User | None:
        person = cast("User", request.user)
        return None if person.tenant_id is None and person.is_superuser else person

    def tenant_in(self, request: HttpRequest, form: Any) -> Tenant:
        """The tenant of what is made: chosen by operators, one's own for everybody else."""
        chosen = form.cleaned_data.get("tenant")
        if chosen is not None:
            return cast("Tenant", chosen)
        own = cast("User", request.user).tenant
        if own is None:
            raise InvalidError(fields={"tenant": str(_("Choose an organisation."))})
        return own

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)

        def serve(filled: Any) -> Model:
            with audit.acting(cast("User", request.user)):
                return self.serve(request, filled, obj)

        return type(form.__name__, (form,), {"serve": staticmethod(serve)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Done, while the form was checked."""

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Done; the service has told everybody, too."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.serve_removal(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.serve_removal(request, obj)


class ReadOnlyAdmin(TenantModelAdmin):
    """Rows that tell what happened: nobody writes or removes them here."""

    is_ground = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
