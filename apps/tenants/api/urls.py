"""The addresses of the tenant's administration in the API."""

from __future__ import annotations

from django.urls import path

from apps.tenants.api import domain_views, views

_DOMAINS = "administration/domains/"

urlpatterns = [
    path(_DOMAINS, domain_views.DomainsView.as_view(), name="domains"),
    path(
        f"{_DOMAINS}waiting/<uuid:pk>/",
        domain_views.ClaimView.as_view(),
        name="domain_claim",
    ),
    path(
        f"{_DOMAINS}waiting/<uuid:pk>/check/",
        domain_views.CheckClaimView.as_view(),
        name="check_domain",
    ),
    path(
        f"{_DOMAINS}verified/<str:name>/",
        domain_views.DomainView.as_view(),
        name="domain",
    ),
    path(
        f"{_DOMAINS}verified/<str:name>/primary/",
        domain_views.PrimaryDomainView.as_view(),
        name="primary_domain",
    ),
    path("administration/settings/", views.SettingsView.as_view(), name="settings"),
    path(
        "administration/settings/preview/",
        views.PreviewSettingsView.as_view(),
        name="preview_settings",
    ),
    path(
        "administration/administrators/",
        views.AdministratorsView.as_view(),
        name="administrators",
    ),
    path(
        "administration/administrators/<uuid:pk>/",
        views.AdministratorView.as_view(),
        name="administrator",
    ),
    path("administration/api-clients/", views.ApiClientsView.as_view(), name="api_clients"),
    path(
        "administration/api-clients/<uuid:pk>/",
        views.ApiClientView.as_view(),
        name="api_client",
    ),
    path(
        "administration/api-clients/<uuid:pk>/rotate/",
        views.RotateApiClientView.as_view(),
        name="rotate_api_client",
    ),
    path(
        "administration/api-clients/<uuid:pk>/revoke/",
        views.RevokeApiClientView.as_view(),
        name="revoke_api_client",
    ),
    path("administration/audit/", views.AuditView.as_view(), name="audit"),
]
