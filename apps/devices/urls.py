from __future__ import annotations

from django.urls import path

from apps.devices import compliance_views, find_views, list_views, views

_POLICIES = "administration/compliance/"
_POLICY = f"{_POLICIES}<uuid:pk>/"

app_name = "devices"
urlpatterns = [
    path("devices/", list_views.devices, name="devices"),
    path("devices/export/<slug:form>/", list_views.export, name="export"),
    path("devices/bulk/", list_views.bulk, name="bulk"),
    path("devices/views/", list_views.views, name="views"),
    path("devices/views/<uuid:pk>/", list_views.change_view, name="change_view"),
    path("devices/views/<uuid:pk>/delete/", list_views.delete_view, name="delete_view"),
    path("devices/<uuid:pk>/change/", views.change, name="change"),
    path("administration/find/devices/", find_views.devices, name="find_devices"),
    path("devices/enrolment/", views.enrolment, name="enrolment"),
    path("devices/enrolment/<uuid:pk>/revoke/", views.revoke_token, name="revoke_token"),
    path("devices/<uuid:pk>/restore/", views.restore, name="restore"),
    path(_POLICIES, compliance_views.policies, name="policies"),
    path(f"{_POLICIES}new/", compliance_views.new_policy, name="new_policy"),
    path(_POLICY, compliance_views.policy, name="policy"),
    path(f"{_POLICY}change/", compliance_views.change_policy, name="change_policy"),
    path(f"{_POLICY}delete/", compliance_views.delete_policy, name="delete_policy"),
    path(f"{_POLICY}evaluate/", compliance_views.ask_policy_again, name="ask_policy_again"),
]
