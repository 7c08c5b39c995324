from __future__ import annotations

from django.urls import path

from apps.roles import assignment_views, views

_ROLES = "administration/roles/"
_ASSIGNMENTS = "administration/role-assignments/"

app_name = "roles"
urlpatterns = [
    path(_ROLES, views.roles, name="roles"),
    path(f"{_ROLES}by-permission/", views.by_permission, name="roles_by_permission"),
    path(f"{_ROLES}new/", views.new_role, name="new_role"),
    path(f"{_ROLES}<uuid:pk>/", views.role, name="role"),
    path(f"{_ROLES}<uuid:pk>/change/", views.change_role, name="change_role"),
    path(f"{_ROLES}<uuid:pk>/duplicate/", views.duplicate_role, name="duplicate_role"),
    path(f"{_ROLES}<uuid:pk>/delete/", views.delete_role, name="delete_role"),
    path(_ASSIGNMENTS, assignment_views.assignments, name="assignments"),
    path(f"{_ASSIGNMENTS}new/", assignment_views.begin_assignment, name="begin_assignment"),
    path(
        f"{_ASSIGNMENTS}new/<str:draft>/<slug:step>/",
        assignment_views.new_assignment,
        name="new_assignment",
    ),
    path(f"{_ASSIGNMENTS}<uuid:pk>/", assignment_views.assignment, name="assignment"),
    path(
        f"{_ASSIGNMENTS}<uuid:pk>/change/",
        assignment_views.change_assignment,
        name="assignment_change",
    ),
    path(
        f"{_ASSIGNMENTS}<uuid:pk>/duplicate/",
        assignment_views.duplicate_assignment,
        name="assignment_duplicate",
    ),
    path(
        f"{_ASSIGNMENTS}<uuid:pk>/delete/",
        assignment_views.delete_assignment,
        name="assignment_delete",
    ),
    path("permissions/", views.own_permissions, name="own_permissions"),
    path(
        "administration/people/<uuid:pk>/permissions/",
        views.permissions_of,
        name="permissions_of",
    ),
]
