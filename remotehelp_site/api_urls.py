from __future__ import annotations

from django.urls import URLPattern

app_name = "api_docs"
urlpatterns: list[URLPattern] = []
