from __future__ import annotations

from django.urls import path

from apps.directory import group_views, import_views, people_views

_PEOPLE = "administration/people/"
_PERSON = f"{_PEOPLE}<uuid:pk>/"
_IMPORT = f"{_PEOPLE}import/<uuid:pk>/"
_GROUPS = "administration/groups/"
_GROUP = f"{_GROUPS}<uuid:pk>/"

app_name = "directory"
urlpatterns = [
    path(_PEOPLE, people_views.people, name="people"),
    path(f"{_PEOPLE}new/", people_views.new_person, name="new_person"),
    path(f"{_PEOPLE}import/", import_views.imports, name="imports"),
    path(f"{_PEOPLE}import/template/", import_views.template, name="import_template"),
    path(_IMPORT, import_views.one, name="import"),
    path(f"{_IMPORT}apply/", import_views.apply, name="import_apply"),
    path(f"{_IMPORT}drop/", import_views.drop, name="import_drop"),
    path(_PERSON, people_views.person, name="person"),
    path(f"{_PERSON}change/", people_views.change, name="person_change"),
    path(f"{_PERSON}disable/", people_views.disable, name="person_disable"),
    path(f"{_PERSON}enable/", people_views.enable, name="person_enable"),
    path(f"{_PERSON}link/", people_views.link, name="person_link"),
    path(f"{_PERSON}picture/", people_views.picture, name="person_picture"),
    path(f"{_PERSON}picture/remove/", people_views.remove_picture, name="person_picture_remove"),
    path(_GROUPS, group_views.groups, name="groups"),
    path(f"{_GROUPS}new/", group_views.new_group, name="new_group"),
    path(_GROUP, group_views.group, name="group"),
    path(f"{_GROUP}change/", group_views.change, name="group_change"),
    path(f"{_GROUP}delete/", group_views.delete, name="group_delete"),
    path(f"{_GROUP}people/", group_views.people, name="group_people"),
    path(f"{_GROUP}people/add/", group_views.add_people, name="group_add_people"),
    path(f"{_GROUP}people/change/", group_views.change_people, name="group_change_people"),
    path(f"{_GROUP}devices/", group_views.devices, name="group_devices"),
    path(f"{_GROUP}devices/add/", group_views.add_devices, name="group_add_devices"),
    path(f"{_GROUP}devices/change/", group_views.change_devices, name="group_change_devices"),
]
