"""The addresses of people and sessions in the API."""

from __future__ import annotations

from django.urls import path, re_path

from apps.sessions.api import views, why

_SESSION = "sessions/<uuid:pk>/"

urlpatterns = [
    path("devices/invitations/", views.InvitationsView.as_view(), name="invitations"),
    path("me/", views.MeView.as_view(), name="me"),
    path("me/why/", why.OwnWhyView.as_view(), name="own_why"),
    path("why/", why.WhyView.as_view(), name="why"),
    path("sessions/", views.SessionsView.as_view(), name="sessions"),
    path("sessions/redeem/", views.RedeemView.as_view(), name="redeem"),
    path(_SESSION, views.SessionView.as_view(), name="session"),
    path(f"{_SESSION}join/", views.JoinView.as_view(), name="join"),
    path(
        f"{_SESSION}decline-invitation/",
        views.DeclineInvitationView.as_view(),
        name="decline_invitation",
    ),
    path(f"{_SESSION}new-code/", views.NewCodeView.as_view(), name="new_code"),
    path(f"{_SESSION}request/", views.RequestView.as_view(), name="request_kind"),
    path(f"{_SESSION}allow/", views.AllowView.as_view(), name="allow"),
    path(f"{_SESSION}decline/", views.DeclineView.as_view(), name="decline"),
    path(f"{_SESSION}leave/", views.LeaveView.as_view(), name="leave"),
    path(f"{_SESSION}elevation/ask/", views.AskElevationView.as_view(), name="ask_elevation"),
    path(f"{_SESSION}elevation/grant/", views.GrantElevationView.as_view(), name="grant_elevation"),
    path(
        f"{_SESSION}elevation/refuse/",
        views.RefuseElevationView.as_view(),
        name="refuse_elevation",
    ),
    path(
        f"{_SESSION}elevation/revoke/",
        views.RevokeElevationView.as_view(),
        name="revoke_elevation",
    ),
    # Last: whatever else is asked for does not exist, and says so as JSON.
    re_path(r"^(?P<rest>[\s\S]*)\Z", views.NothingHereView.as_view(), name="nothing_here"),
]
