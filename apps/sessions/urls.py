from __future__ import annotations

from django.urls import URLPattern

app_name = "help_sessions"
urlpatterns: list[URLPattern] = []
