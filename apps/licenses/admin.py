"""Licences and seats in the Django admin: the same services, and what only the site's operators may do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.common.errors import RuleError
from apps.licenses import selectors, services
from apps.licenses.models import License, Product, Seat, Terms
from apps.tenants.admin_base import OneTenantForm, TenantModelAdmin
from apps.tenants.models import User
from apps.tenants.selectors import tenant_of


class _ByServiceForm(OneTenantForm):
    """A form that is saved by a service. The service is asked beforehand too, so that what it refuses stands in the form."""

    acting: ClassVar[User]

    def save_by_service(self) -> Any:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            try:
                with transaction.atomic():
                    self.save_by_service()
                    transaction.set_rollback(True)
            except RuleError as error:
                for name, said in error.fields.items():
                    self.add_error(name if name in self.fields else None, said)
                if not error.fields:
                    self.add_error(None, str(error))
        return cleaned

    # The service has asked, in words of its own.
    def validate_unique(self) -> None: ...

    def validate_constraints(self) -> None: ...


class _ByServiceAdmin(TenantModelAdmin):
    permission = "tenants.manage_licenses"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"acting": cast("User", request.user)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = form.save_by_service().pk
        obj._state.adding = False
        obj.refresh_from_db()

    def _record_saved(self, request: HttpRequest, form: Any, change: bool) -> None:
        """The service has written it down."""


class LicenseForm(_ByServiceForm):
    starts_at = forms.SplitDateTimeField(
        label=gettext_lazy("active from"),
        required=False,
        widget=AdminSplitDateTime(),
        help_text=gettext_lazy("Empty: after the site's usual delay."),
    )

    def save_by_service(self) -> License:
        if self.instance._state.adding:
            return self._order()
        license_ = License.objects.select_related("tenant").get(pk=self.instance.pk)
        if {"quantity", "ends_at"} & set(self.changed_data):
            services.change_license(
                actor=self.acting,
                license_=license_,
                quantity=self.cleaned_data.get("quantity", license_.quantity),
                ends_at=self.cleaned_data.get("ends_at"),
            )
        if self.cleaned_data.get("is_another_trial_allowed"):
            services.allow_another_trial(actor=self.acting, license_=license_)
        return license_

    def _order(self) -> License:
        said = self.cleaned_data
        # Whoever runs the site says when it begins, and nothing waits beyond that.
        is_given = said.get("starts_at") is not None and self.acting.is_superuser
        tenant = said.get("tenant") or tenant_of(self.acting)
        return services.order_license(
            actor=self.acting,
            tenant=tenant,
            product=Product(said["product"]),
            terms=Terms(said["terms"]),
            quantity=said["quantity"],
            delay=timedelta(0) if is_given else None,
            starts_at=said.get("starts_at"),
            ends_at=said.get("ends_at"),
        )


@admin.register(License)
class LicenseAdmin(_ByServiceAdmin):
    form = LicenseForm
    list_display = ("__str__", "tenant", "terms", "state_now", "taken", "activates_at", "ends_at")
    list_select_related = ("tenant",)
    list_filter = ("product", "terms")
    search_fields = ("tenant__name",)
    autocomplete_fields = ("tenant",)
    actions = ("cancel",)
    _SHOWN = ("state_now", "taken", "ordered_at", "activates_at", "cancelled_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            own = ("product", "terms", "quantity", "starts_at", "ends_at")
            return ("tenant", *own) if request.user.is_superuser else own
        fields = ("tenant", "product", "terms", *self._SHOWN, "quantity", "ends_at")
        is_trial = obj.terms == Terms.TRIAL
        return (*fields, "is_another_trial_allowed") if is_trial else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is None:
            return fields
        fields += ("product", "terms", *self._SHOWN)
        return fields if request.user.is_superuser else (*fields, "is_another_trial_allowed")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Licences are cancelled. One that is deleted would take with it that there was a trial."""
        return bool(request.user.is_superuser)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, self.permission)

    @admin.display(description=gettext_lazy("state"))
    def state_now(self, license_: License) -> Any:
        return license_.state.label

    @admin.display(description=gettext_lazy("seats taken"))
    def taken(self, license_: License) -> int:
        return selectors.seats_taken(license_)

    @admin.action(description=gettext_lazy("Cancel the selected licences"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[License]) -> HttpResponse | None:
        """Asks first; running sessions go on."""
        found = list(queryset.filter(cancelled_at__isnull=True).select_related("tenant"))
        if "confirmed" in request.POST:
            for license_ in found:
                services.cancel_license(actor=cast("User", request.user), license_=license_)
            messages.success(request, _("The licences are cancelled."))
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cancel these licences?"),
            "licenses": found,
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/licenses/cancel.html", context)


class SeatForm(_ByServiceForm):
    def clean(self) -> dict[str, Any]:
        if bool(self.cleaned_data.get("person")) is bool(self.cleaned_data.get("group")):
            self.add_error(None, _("Choose either a person or a group."))
        return super().clean()

    def save_by_service(self) -> Seat:
        said = self.cleaned_data
        return services.assign_seat(
            actor=self.acting,
            license_=said["license"],
            person=said.get("person"),
            group=said.get("group"),
        )


@admin.register(Seat)
class SeatAdmin(_ByServiceAdmin):
    form = SeatForm
    tenant_path = "license__tenant"
    fields = ("license", "person", "group")
    list_display = ("__str__", "license", "assigned_at")
    list_select_related = ("license", "person", "group")
    search_fields = ("person__email", "person__last_name", "group__name")
    autocomplete_fields = ("license", "person", "group")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is taken away, and another one given

    def delete_model(self, request: HttpRequest, obj: Seat) -> None:
        services.revoke_seat(actor=cast("User", request.user), seat=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Seat]) -> None:
        for seat in queryset.select_related("license__tenant", "person", "group"):
            self.delete_model(request, seat)
