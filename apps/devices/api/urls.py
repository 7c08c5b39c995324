"""The addresses of devices in the API."""

from __future__ import annotations

from django.urls import path

from apps.devices.api import administration, policies, views

_DEVICE = "devices/<uuid:pk>/"
_POLICIES = "compliance-policies/"
_POLICY = f"{_POLICIES}<uuid:pk>/"

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
    path("devices/", administration.DevicesView.as_view(), name="devices"),
    path(
        "devices/add-to-group/",
        administration.AddToGroupView.as_view(),
        name="add_devices_to_group",
    ),
    path("devices/views/", administration.SavedViewsView.as_view(), name="device_views"),
    path("devices/views/<uuid:pk>/", administration.SavedViewView.as_view(), name="device_view"),
    path(_DEVICE, administration.OneDeviceView.as_view(), name="device"),
    path(f"{_DEVICE}remove/", administration.RemoveDeviceView.as_view(), name="remove_device"),
    path(f"{_DEVICE}restore/", administration.RestoreDeviceView.as_view(), name="restore_device"),
    path(_POLICIES, policies.PoliciesView.as_view(), name="compliance_policies"),
    path(
        f"{_POLICIES}preview/",
        policies.PreviewNewPolicyView.as_view(),
        name="preview_new_compliance_policy",
    ),
    path(_POLICY, policies.PolicyView.as_view(), name="compliance_policy"),
    path(
        f"{_POLICY}preview/",
        policies.PreviewPolicyView.as_view(),
        name="preview_compliance_policy",
    ),
    path(
        f"{_POLICY}removal-preview/",
        policies.PreviewPolicyRemovalView.as_view(),
        name="preview_compliance_policy_removal",
    ),
    path(
        f"{_POLICY}evaluate/",
        policies.EvaluatePolicyView.as_view(),
        name="evaluate_compliance_policy",
    ),
]
