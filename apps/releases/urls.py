from __future__ import annotations

from django.urls import path

from apps.releases import views

app_name = "releases"
urlpatterns = [
    path("app/", views.get_app, name="get_app"),
    path("app/<str:name>", views.package, name="package"),
]
