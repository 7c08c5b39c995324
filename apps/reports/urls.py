from __future__ import annotations

from django.urls import path

from apps.reports import views

app_name = "reports"
urlpatterns = [
    path("reports/sessions/", views.sessions, name="sessions"),
    path("reports/sessions/<uuid:pk>/", views.session, name="session"),
    path("reports/retention/", views.retention_page, name="retention"),
]
