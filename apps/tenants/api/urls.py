"""The addresses of the tenant's administration in the API."""

from __future__ import annotations

from django.urls import path

from apps.tenants.api import views

urlpatterns = [
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
    path("administration/audit/", views.AuditView.as_view(), name="audit"),
]
