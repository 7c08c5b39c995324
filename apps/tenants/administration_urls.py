"""The addresses of *Tenant administration* that belong to the tenant itself."""

from __future__ import annotations

from django.urls import path

from apps.tenants import administration_views as views
from apps.tenants import api_client_views, domain_views, find_views, settings_views

app_name = "administration"
urlpatterns = [
    path("administration/remote-help/settings/", settings_views.settings, name="settings"),
    path("administration/remote-help/domains/", domain_views.domains, name="domains"),
    path(
        "administration/remote-help/domains/waiting/<uuid:pk>/",
        domain_views.claim,
        name="domain_claim",
    ),
    path(
        "administration/remote-help/domains/waiting/<uuid:pk>/check/",
        domain_views.check,
        name="domain_check",
    ),
    path(
        "administration/remote-help/domains/waiting/<uuid:pk>/remove/",
        domain_views.withdraw,
        name="domain_withdraw",
    ),
    path(
        "administration/remote-help/domains/verified/<str:name>/primary/",
        domain_views.make_primary,
        name="domain_primary",
    ),
    path(
        "administration/remote-help/domains/verified/<str:name>/remove/",
        domain_views.remove,
        name="domain_remove",
    ),
    path("administration/setup/dismiss/", settings_views.dismiss_setup, name="dismiss_setup"),
    path("administration/administrators/", views.administrators, name="administrators"),
    path("administration/administrators/add/", views.add_administrator, name="add_administrator"),
    path("administration/administrators/<uuid:pk>/", views.administrator, name="administrator"),
    path("administration/find/people/", find_views.people, name="find_people"),
    path("administration/find/groups/", find_views.groups, name="find_groups"),
    path("administration/api-clients/", api_client_views.api_clients, name="api_clients"),
    path("administration/api-clients/new/", api_client_views.new_api_client, name="new_api_client"),
    path("administration/api-clients/<uuid:pk>/", api_client_views.api_client, name="api_client"),
    path(
        "administration/api-clients/<uuid:pk>/secret/",
        api_client_views.rotate_api_client,
        name="rotate_api_client",
    ),
    path(
        "administration/api-clients/<uuid:pk>/revoke/",
        api_client_views.revoke_api_client,
        name="revoke_api_client",
    ),
    path("administration/audit/", views.audit_log, name="audit"),
]
