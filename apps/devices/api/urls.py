"""The addresses of devices in the API."""

from __future__ import annotations

from django.urls import path

from apps.devices.api import views

urlpatterns = [
    path("app/versions/", views.AppVersionsView.as_view(), name="app_versions"),
    path("devices/register/", views.RegisterView.as_view(), name="register_device"),
    path("devices/enrol/", views.EnrolView.as_view(), name="enrol_device"),
    path("devices/report/", views.ReportView.as_view(), name="report_device"),
    path("devices/enrolment-tokens/", views.EnrolmentTokensView.as_view(), name="enrolment_tokens"),
    path(
        "devices/enrolment-tokens/<uuid:pk>/revoke/",
        views.RevokeEnrolmentTokenView.as_view(),
        name="revoke_enrolment_token",
    ),
]
