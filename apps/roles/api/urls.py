"""The addresses of roles and role assignments in the API."""

from __future__ import annotations

from django.urls import path

from apps.roles.api import views

_ROLE = "roles/<uuid:pk>/"
_ASSIGNMENT = "role-assignments/<uuid:pk>/"

urlpatterns = [
    path("roles/", views.RolesView.as_view(), name="roles"),
    path(_ROLE, views.RoleView.as_view(), name="role"),
    path(f"{_ROLE}duplicate/", views.DuplicateRoleView.as_view(), name="duplicate_role"),
    path(f"{_ROLE}preview/", views.PreviewRoleView.as_view(), name="preview_role"),
    path("role-assignments/", views.AssignmentsView.as_view(), name="role_assignments"),
    path(
        "role-assignments/preview/",
        views.PreviewNewAssignmentView.as_view(),
        name="preview_new_role_assignment",
    ),
    path(_ASSIGNMENT, views.AssignmentView.as_view(), name="role_assignment"),
    path(
        f"{_ASSIGNMENT}preview/",
        views.PreviewAssignmentView.as_view(),
        name="preview_role_assignment",
    ),
    path(
        f"{_ASSIGNMENT}removal-preview/",
        views.PreviewRemovalView.as_view(),
        name="preview_role_assignment_removal",
    ),
    path("me/permissions/", views.OwnPermissionsView.as_view(), name="own_permissions"),
    path("people/<uuid:pk>/permissions/", views.PermissionsView.as_view(), name="permissions_of"),
]
