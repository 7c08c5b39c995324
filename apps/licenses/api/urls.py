"""The addresses of licences in the API."""

from __future__ import annotations

from django.urls import path

from apps.licenses.api import views

_LICENSE = "licenses/<uuid:pk>/"

urlpatterns = [
    path("licenses/", views.LicensesView.as_view(), name="licenses"),
    path(_LICENSE, views.LicenseView.as_view(), name="license"),
    path(f"{_LICENSE}cancel/", views.CancelView.as_view(), name="cancel_license"),
    path(
        f"{_LICENSE}cancellation-preview/",
        views.CancellationPreviewView.as_view(),
        name="preview_license_cancellation",
    ),
    path(f"{_LICENSE}seats/", views.SeatsView.as_view(), name="seats"),
    path(
        f"{_LICENSE}seats/<uuid:seat>/removal-preview/",
        views.SeatPreviewView.as_view(),
        name="preview_seat_removal",
    ),
    path(f"{_LICENSE}people/<uuid:person>/", views.PersonSeatView.as_view(), name="seat_of_person"),
    path(f"{_LICENSE}groups/<uuid:group>/", views.GroupSeatView.as_view(), name="seat_of_group"),
    path("people-without-license/", views.LackingView.as_view(), name="people_without_license"),
]
