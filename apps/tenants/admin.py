"""Organisations and their people in the Django admin; and what of allauth's pages would show secrets."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.socialaccount.admin import SocialAppAdmin, SocialAppForm
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group as DjangoGroup
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.errors import RuleError
from apps.tenants import audit
from apps.tenants.admin_base import (
    AnyModelAdmin,
    OneTenantForm,
    ReadOnlyAdmin,
    ServiceAdmin,
    ServiceForm,
    TenantModelAdmin,
)
from apps.tenants.memberships import require_memberships_fit
from apps.tenants.models import (
    Act,
    ApiClient,
    AuditEntry,
    AuditHead,
    DomainClaim,
    Group,
    Market,
    Tenant,
    User,
    VerifiedDomain,
)
from apps.tenants.rights import MAKES_ADMINISTRATORS, RIGHTS
from apps.tenants.selectors import PERMISSIONS, SETTINGS, rights_of
from apps.tenants.services import (
    IDENTITY,
    ForeignDomainError,
    IssuedSecret,
    change_organisation,
    change_settings,
    create_api_client,
    create_tenant,
    delete_group,
    end_sign_ins,
    grant_administration,
    require_local_account,
    require_not_last,
    revoke_administration,
    revoke_api_client,
    rotate_api_client,
    verify_domain,
)

if TYPE_CHECKING:
    AnyAddForm = AdminUserCreationForm[User]
    AnyChangeForm = UserChangeForm[User]
    AnyUserAdmin = UserAdmin[User]
else:
    AnyAddForm, AnyChangeForm, AnyUserAdmin = AdminUserCreationForm, UserChangeForm, UserAdmin

admin.site.site_header = _("Remote Help administration")
admin.site.site_title = _("Remote Help administration")

# Our groups are `tenants.Group`; a second kind of group with rights of its own would mislead.
admin.site.unregister(DjangoGroup)


@admin.register(Market)
class MarketAdmin(AnyModelAdmin):
    """For site operators alone: a market belongs to no tenant."""

    list_display = ("code", "is_available")
    search_fields = ("code",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


class NewTenantForm(ServiceForm):
    domain = forms.CharField(
        label=_("verified domain"),
        max_length=253,
        help_text=_("The first one, which you know to be the organisation's."),
    )

    class Meta:
        model = Tenant
        fields = ("name", "directory_id")


@admin.register(Tenant)
class TenantAdmin(ServiceAdmin):
    tenant_path = "pk"
    permission = "tenants.manage_settings"
    view_permissions = PERMISSIONS
    list_display = ("name", "slug", "cloud", "market", "is_remote_help_enabled", "created_at")
    list_filter = ("cloud", "is_remote_help_enabled")
    search_fields = ("name", "slug", "domains__name")
    autocomplete_fields = ("compliance_groups",)
    readonly_fields = ("created_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, *IDENTITY)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("name", "domain", "directory_id")
        return (*IDENTITY, *SETTINGS, "compliance_groups", "created_at")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewTenantForm
        return super().get_form(request, obj, change=change, **kwargs)

    def serve(self, request: HttpRequest, form: Any, obj: Any) -> Tenant:
        said = form.cleaned_data
        operator = cast("User", request.user)
        if obj is None:
            return create_tenant(
                actor=operator,
                name=said["name"],
                domain=said["domain"],
                directory_id=said["directory_id"],
            )
        identity = {name: said[name] for name in form.changed_data if name in IDENTITY}
        if identity:
            change_organisation(actor=operator, tenant=obj, **identity)
        rest = {name: said[name] for name in form.changed_data if name not in IDENTITY}
        if rest:
            change_settings(actor=self.actor(request), tenant=obj, **rest)
        return Tenant.objects.get(pk=obj.pk)

    def serve_removal(self, request: HttpRequest, obj: Any) -> None:
        obj.delete()  # with all that is its own; who it was stands nowhere afterwards

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The audit log goes with its tenant, and only so."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        own = {model._meta.verbose_name for model in (AuditEntry, AuditHead)}
        return deleted, counts, lacking - own, protected


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """What administrators did, who and when; the names go after 30 days."""

    permission = "tenants.manage_settings"
    view_permissions = ("tenants.view_reports",)
    fields = ("tenant", "number", "at", "act", "target_kind", "origin", "facts", "names", "digest")
    list_display = ("number", "at", "tenant", "act", "target_kind", "actor")
    list_filter = ("act", "origin")
    list_select_related = ("tenant", "actor")
    search_fields = ("target_key", "actor__email", "actor__last_name")


class ApiClientForm(ServiceForm):
    scopes = forms.MultipleChoiceField(
        label=_("rights"), choices=list(RIGHTS.items()), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiClient
        fields = ("acts_for", "name", "scopes", "expires_at")


@admin.register(ApiClient)
class ApiClientAdmin(ServiceAdmin):
    """Made, given a new secret and revoked; never edited. The secret stands once, in the message after it was made."""

    permission = MAKES_ADMINISTRATORS
    is_ground = False
    form = ApiClientForm
    list_display = ("name", "tenant", "acts_for", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("tenant", "acts_for")
    search_fields = ("name", "acts_for__email", "acts_for__last_name")
    autocomplete_fields = ("acts_for",)
    actions = ("rotate", "revoke")
    _MADE = ("tenant", "name", "client_id", "acts_for", "shown_scopes")
    _TIMES = ("created_at", "expires_at", "last_used_at", "revoked_at")

    @admin.display(description=_("rights"))
    def shown_scopes(self, obj: ApiClient) -> str:
        return ", ".join(str(RIGHTS[name]) for name in RIGHTS if name in obj.scopes)

    @admin.display(description=_("client id"))
    def client_id(self, obj: ApiClient) -> str:
        return str(obj.oauth_id)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return (*self._MADE, *self._TIMES)
        is_operator = request.user.is_superuser
        return (*(("acts_for",) if is_operator else ()), "name", "scopes", "expires_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*self._MADE, *self._TIMES)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # For the actions of the list; there is nothing to change on the page of one.
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def serve(self, request: HttpRequest, form: Any, obj: Any) -> ApiClient:
        said = form.cleaned_data
        issued = create_api_client(
            actor=cast("User", request.user),
            acts_for=said.get("acts_for"),
            name=said["name"],
            scopes=said["scopes"],
            expires_at=said["expires_at"],
        )
        self._show(request, issued)
        return issued.client

    def _show(self, request: HttpRequest, issued: IssuedSecret) -> None:
        self.message_user(
            request,
            _("Copy the secret of %(name)s now, it is not shown again: %(id)s %(secret)s")
            % {"name": issued.client, "id": issued.client_id, "secret": issued.secret},
            level=messages.WARNING,
        )

    @admin.action(
        description=_("Make new secrets for the chosen API clients"), permissions=["change"]
    )
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> None:
        actor = cast("User", request.user)
        # All, or none: shown are only secrets that are not taken back.
        for issued in [rotate_api_client(actor=actor, client=client) for client in queryset]:
            self._show(request, issued)

    @admin.action(description=_("Revoke the chosen API clients"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> None:
        for client in queryset:
            revoke_api_client(actor=cast("User", request.user), client=client)
        self.message_user(request, _("The API clients are revoked."))


@admin.register(AuditHead)
class AuditHeadAdmin(ReadOnlyAdmin):
    permission = "tenants.manage_settings"
    list_display = ("tenant", "number", "digest")
    list_select_related = ("tenant",)
    search_fields = ("tenant__name",)


@admin.register(VerifiedDomain)
class VerifiedDomainAdmin(TenantModelAdmin):
    permission = "tenants.manage_settings"
    view_permissions = ("tenants.manage_people",)
    is_ground = False
    list_display = ("name", "tenant", "is_primary", "verified_at")
    search_fields = ("name",)
    autocomplete_fields = ("tenant",)

    # A domain was proved to be the tenant's: only the site operator can say that it was.
    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(DomainClaim)
class DomainClaimAdmin(ReadOnlyAdmin):
    """Domains that wait for their DNS record. A site operator who knows that one is the tenant's can verify it here."""

    permission = "tenants.manage_settings"
    fields = ("tenant", "name", "created_at", "checked_at")
    list_display = ("name", "tenant", "created_at", "checked_at")
    list_select_related = ("tenant",)
    search_fields = ("name", "tenant__name")
    actions = ("verify",)

    def has_verify_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description=_("Verify the chosen domains without DNS"), permissions=["verify"])
    def verify(self, request: HttpRequest, queryset: Any) -> None:
        actor: Any = request.user
        for claim in queryset.select_related("tenant"):
            try:
                verify_domain(actor=actor, tenant=claim.tenant, name=claim.name)
            except RuleError as error:
                self.message_user(request, f"{claim.name}: {error}", level=messages.ERROR)
            else:
                self.message_user(request, gettext("%(name)s is verified.") % {"name": claim.name})


@admin.register(Group)
class GroupAdmin(TenantModelAdmin):
    permission = "tenants.manage_people"
    view_permissions = (
        "tenants.manage_roles",
        "tenants.manage_devices",
        "tenants.manage_licenses",
    )
    names_people = True
    list_display = ("name", "tenant", "description")
    search_fields = ("name",)
    autocomplete_fields = ("tenant", "people")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "people" in form.changed_data:
            require_memberships_fit([form.instance])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        actor: Any = request.user
        with audit.acting(actor):
            delete_group(actor=None, group=obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for group in queryset:
            self.delete_model(request, group)


class _LocalAccountForm(OneTenantForm):
    """The address of a local account is in a verified domain of its tenant (T5)."""

    def _get_validation_exclusions(self) -> set[str]:
        # "One local account per address" asks for the directory id too.
        return super()._get_validation_exclusions() - {"directory_oid"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        tenant = cleaned.get("tenant") or self.instance.tenant
        email = str(cleaned.get("email", self.instance.email))
        is_local = not cleaned.get("directory_oid", self.instance.directory_oid)
        if tenant is not None and is_local and email:
            domain = email.rpartition("@")[2]
            if not tenant.domains.filter(name__iexact=domain).exists():
                self.add_error("email", str(ForeignDomainError.message))
        return cleaned


class PersonAddForm(_LocalAccountForm, AnyAddForm):
    class Meta:
        model = User
        fields = ("tenant", "email", "first_name", "last_name", "job_title")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True


class PersonChangeForm(_LocalAccountForm, AnyChangeForm):
    administers = forms.MultipleChoiceField(
        label=_("administers"),
        required=False,
        choices=list(RIGHTS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Administrative permissions on the person's own tenant."),
    )

    class Meta:
        model = User
        fields = "__all__"  # what is shown is said by the admin's fieldsets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "administers" in self.fields:
            self.fields["administers"].initial = sorted(_administers(self.instance))


def _administers(person: User) -> frozenset[str]:
    return rights_of([person]).get(person.pk, frozenset())


@admin.register(User)
class PersonAdmin(TenantModelAdmin, AnyUserAdmin):
    permission = "tenants.manage_people"
    view_permissions = ("tenants.manage_devices", "tenants.manage_licenses", "tenants.view_reports")
    form = PersonChangeForm
    add_form = PersonAddForm
    add_form_template = None
    list_display = ("__str__", "email", "tenant", "job_title", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("last_name", "first_name", "id")
    autocomplete_fields = ("tenant",)
    filter_horizontal = ()
    list_select_related = ("tenant",)
    readonly_fields = ("last_login", "date_joined")

    # The rights are written down by the services that give and take them.
    unrecorded = frozenset({"administers", "password", "password1", "password2", "usable_password"})

    _NAMES = ("first_name", "last_name", "job_title", "language")
    _OPERATOR_ONLY = (
        _("Rights"),
        {"fields": ("administers", "is_staff", "is_superuser")},
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        is_operator = request.user.is_superuser
        if obj is None:
            first = ("tenant", "email") if is_operator else ("email",)
            fields = (*first, "first_name", "last_name", "job_title")
            password = ("usable_password", "password1", "password2")
            return [(None, {"classes": ("wide",), "fields": (*fields, *password)})]
        sets: list[Any] = [
            (None, {"fields": ("tenant", "email", "password", "is_active")}),
            (_("Personal info"), {"fields": self._NAMES}),
            (_("Dates"), {"fields": ("last_login", "date_joined")}),
        ]
        if is_operator:
            sets.insert(2, self._OPERATOR_ONLY)
            sets[0][1]["fields"] += ("directory_oid",)
        return sets

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if not request.user.is_superuser:
            # A declared field is part of the form although no fieldset shows it.
            form.base_fields.pop("administers", None)
        return form

    def _is_out_of_reach(self, request: HttpRequest, obj: Any) -> bool:
        """Who administers, or is let into this admin, is changed by site operators alone: otherwise one
        administrator could take over another's account, and with it other permissions."""
        if request.user.is_superuser or obj is None or obj.pk == request.user.pk:
            return False
        return bool(obj.is_staff or obj.is_superuser or _administers(obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and not self._is_out_of_reach(request, obj)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 as Django names it
        form_url: str = "",
    ) -> Any:
        """A password of a directory's person would be a second way in, past their organisation."""
        person = self.get_object(request, id)
        if person is not None:
            require_local_account(person)
        answer = super().user_change_password(request, id, form_url)
        if answer.status_code == HTTPStatus.FOUND and person is not None:
            self._record(request, person, Act.PASSWORD_SET)
        return answer

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and not self._is_out_of_reach(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and "is_active" in form.changed_data and not obj.is_active:
            require_not_last(obj)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        require_not_last(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for person in queryset:
            self.delete_model(request, person)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        person = form.instance
        if not person.is_active:
            end_sign_ins(person)
        if "administers" not in form.cleaned_data or person.tenant_id is None:
            return
        actor: Any = request.user
        held, wanted = _administers(person), set(form.cleaned_data["administers"])
        grant_administration(actor=actor, person=person, permissions=sorted(wanted - held))
        revoke_administration(actor=actor, person=person, permissions=sorted(held - wanted))


# --- allauth's own models: without what could be used to become somebody else --------------------

for _model in (SocialApp, SocialToken, UserSession, Authenticator, Client, Token):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class SignInAppForm(SocialAppForm):  # type: ignore[misc]
    """The secret can be set and not read; left empty, it stays."""

    class Meta(SocialAppForm.Meta):  # type: ignore[misc]
        widgets = {
            **SocialAppForm.Meta.widgets,
            "secret": forms.PasswordInput(attrs={"size": "100", "autocomplete": "off"}),
        }

    def clean_secret(self) -> str:
        return str(self.cleaned_data["secret"] or self.initial.get("secret", ""))


@admin.register(SocialApp)
class SignInAppAdmin(SocialAppAdmin):  # type: ignore[misc]
    form = SignInAppForm

    def save_model(self, request: HttpRequest, obj: SocialApp, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        tenant = Tenant.objects.filter(slug=obj.provider_id).first()
        if tenant is not None:
            said = {name: form.cleaned_data[name] for name in form.changed_data}
            if "secret" in said:
                said["secret"] = True  # that it was set; never what it is
            actor: Any = request.user
            audit.record(actor=actor, tenant=tenant, act=Act.CHANGED, target=obj, new=said)


class _OfAPerson(AnyModelAdmin):
    """What allauth keeps for a person; taking it away is an administrative change to them."""

    def _record(self, request: HttpRequest, obj: Any) -> None:
        tenant = obj.user.tenant if obj.user is not None else None
        if tenant is not None:
            actor: Any = request.user
            what = {self.opts.model_name or "": str(getattr(obj, "type", ""))}
            audit.record(actor=actor, tenant=tenant, act=Act.REMOVED, target=obj.user, old=what)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._record(request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset.select_related("user__tenant"):
            self._record(request, obj)
        super().delete_queryset(request, queryset)


@admin.register(UserSession)
class UserSessionAdmin(_OfAPerson):
    """Where people are signed in. Deleting a row signs that browser out; the session's key is not shown."""

    list_display = ("user", "created_at", "last_seen_at", "user_agent")
    fields = readonly_fields = ("user", "created_at", "last_seen_at", "user_agent")
    search_fields = ("user__email",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(_OfAPerson):
    """Second factors. A lost one is removed here; what it is made of is not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__email",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Token)
class AppTokenAdmin(_OfAPerson):
    """Where people are signed in with the device app. Deleting rows signs the app out; no hash is shown."""

    list_display = ("user", "type", "created_at", "expires_at")
    fields = readonly_fields = ("user", "type", "created_at", "expires_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
