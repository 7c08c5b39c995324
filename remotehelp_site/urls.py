"""Every address of the site. House tests walk this table."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from remotehelp_site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("administration/", views.overview, name="overview"),
    path("", include("apps.sessions.urls")),
    path("", include("apps.devices.urls")),
    path("", include("apps.directory.urls")),
    path("", include("apps.reports.urls")),
    path("", include("apps.releases.urls")),
    path("", include("apps.tenants.urls")),
    path("", include("apps.tenants.administration_urls")),
    path("", include("apps.licenses.urls")),
    path("", include("apps.roles.urls")),
    path("", include("apps.tenants.app_urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("remotehelp_site.api_v1")),
    path("api/", include("remotehelp_site.api_urls")),
    path("admin/", admin.site.urls),
    path("", include("remotehelp_site.probes")),
]
