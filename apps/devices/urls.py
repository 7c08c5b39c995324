from __future__ import annotations

from django.urls import path

from apps.devices import find_views, views

app_name = "devices"
urlpatterns = [
    path("devices/", views.devices, name="devices"),
    path("administration/find/devices/", find_views.devices, name="find_devices"),
    path("devices/enrolment/", views.enrolment, name="enrolment"),
    path("devices/enrolment/<uuid:pk>/revoke/", views.revoke_token, name="revoke_token"),
    path("devices/<uuid:pk>/revoke/", views.revoke, name="revoke"),
    path("devices/<uuid:pk>/restore/", views.restore, name="restore"),
]
