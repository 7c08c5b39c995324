"""The addresses of people, groups and imports in the API."""

from __future__ import annotations

from django.urls import path

from apps.directory.api import views

_PERSON = "directory/people/<uuid:pk>/"
_GROUP = "directory/groups/<uuid:pk>/"
_IMPORT = "directory/imports/<uuid:pk>/"

urlpatterns = [
    path("directory/people/", views.PeopleView.as_view(), name="people"),
    path(_PERSON, views.PersonView.as_view(), name="person"),
    path(f"{_PERSON}disable/", views.DisableView.as_view(), name="disable_person"),
    path(f"{_PERSON}enable/", views.EnableView.as_view(), name="enable_person"),
    path(f"{_PERSON}mail-link/", views.MailLinkView.as_view(), name="mail_sign_in_link"),
    path("directory/groups/", views.GroupsView.as_view(), name="groups"),
    path(_GROUP, views.GroupView.as_view(), name="group"),
    path(f"{_GROUP}uses/", views.GroupUsesView.as_view(), name="group_uses"),
    path(f"{_GROUP}people/", views.GroupPeopleView.as_view(), name="group_people"),
    path(
        f"{_GROUP}people/preview/",
        views.PreviewGroupPeopleView.as_view(),
        name="preview_group_people",
    ),
    path(f"{_GROUP}devices/", views.GroupDevicesView.as_view(), name="group_devices"),
    path(
        f"{_GROUP}devices/preview/",
        views.PreviewGroupDevicesView.as_view(),
        name="preview_group_devices",
    ),
    path(
        f"{_GROUP}removal-preview/",
        views.PreviewGroupRemovalView.as_view(),
        name="preview_group_removal",
    ),
    path("directory/imports/", views.ImportsView.as_view(), name="imports"),
    path(_IMPORT, views.ImportView.as_view(), name="import"),
    path(f"{_IMPORT}apply/", views.ApplyImportView.as_view(), name="apply_import"),
]
