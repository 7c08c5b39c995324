from __future__ import annotations

from django.urls import path

from apps.licenses import seat_views, views

_LICENSES = "administration/licenses/"
_LICENSE = f"{_LICENSES}<uuid:pk>/"

app_name = "licenses"
urlpatterns = [
    path(_LICENSES, views.licenses, name="licenses"),
    path(f"{_LICENSES}order/", views.order, name="order"),
    path(f"{_LICENSES}lacking/", seat_views.lacking, name="lacking"),
    path(_LICENSE, seat_views.license_page, name="license"),
    path(f"{_LICENSE}change/", views.change, name="change"),
    path(f"{_LICENSE}cancel/", views.cancel, name="cancel"),
    path(f"{_LICENSE}people/", seat_views.give_people, name="give_people"),
    path(f"{_LICENSE}groups/", seat_views.give_groups, name="give_groups"),
    path(f"{_LICENSE}seats/<uuid:seat>/take-away/", seat_views.take_away, name="take_away"),
]
