from __future__ import annotations

from django.urls import path

from apps.sessions import device_views, views, why_views

app_name = "help_sessions"
urlpatterns = [
    path("give/", views.give, name="give"),
    path("give/open/", views.open_session, name="open"),
    path("get/", views.get, name="get"),
    path("get/redeem/", views.redeem, name="redeem"),
    path("devices/<uuid:pk>/", device_views.device, name="device"),
    path("devices/<uuid:pk>/help/", device_views.open_on_device, name="open_on_device"),
    path("devices/<uuid:pk>/remove/", device_views.remove, name="remove_device"),
    path("log/", views.device_log, name="device_log"),
    path("sessions/<uuid:pk>/", views.session, name="session"),
    path("sessions/<uuid:pk>/panel/", views.panel, name="panel"),
    path("sessions/<uuid:pk>/new-code/", views.new_code, name="new_code"),
    path("sessions/<uuid:pk>/request/", views.request_kind, name="request_kind"),
    path("sessions/<uuid:pk>/allow/", views.allow, name="allow"),
    path("sessions/<uuid:pk>/decline/", views.decline, name="decline"),
    path("sessions/<uuid:pk>/elevation/", views.ask_elevation, name="ask_elevation"),
    path("sessions/<uuid:pk>/leave/", views.leave, name="leave"),
    path("why/", why_views.own_why, name="own_why"),
    path("administration/why/", why_views.why, name="why"),
]
