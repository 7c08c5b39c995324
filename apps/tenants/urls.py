from __future__ import annotations

from django.urls import path

from apps.tenants import views

app_name = "tenants"
urlpatterns = [
    path("sign-in/organisation/", views.organisation, name="organisation"),
    path("profile/", views.profile, name="profile"),
    path("profile/picture/", views.change_picture, name="change_picture"),
    path("profile/picture/remove/", views.remove_picture, name="remove_picture"),
    path("people/<uuid:pk>/picture/", views.picture, name="picture"),
    path("language/", views.language, name="language"),
    # The administration has no door of its own: limits and the second step are at ours.
    path("admin/login/", views.admin_sign_in, name="admin_sign_in"),
    # Pages of allauth that would let people sign up, change the address that they are known by, give a
    # directory's person a password, or tie an outside account to theirs. These stand before allauth's.
    path("accounts/signup/", views.closed, name="closed_signup"),
    path("accounts/email/", views.closed, name="closed_email"),
    path("accounts/confirm-email/", views.closed, name="closed_confirm_email"),
    path("accounts/confirm-email/<path:key>/", views.closed, name="closed_confirm_email_key"),
    path("accounts/password/set/", views.closed, name="closed_set_password"),
    path("accounts/login/code/confirm/", views.closed, name="closed_login_code"),
    path("accounts/3rdparty/", views.closed, name="closed_connections"),
    path("accounts/3rdparty/signup/", views.closed, name="closed_social_signup"),
    path("accounts/social/connections/", views.closed, name="closed_old_connections"),
    path("accounts/social/signup/", views.closed, name="closed_old_social_signup"),
    # Started by the form for the work address, which names no tenant; only the way back is allauth's.
    path("accounts/oidc/<str:provider_id>/login/", views.closed, name="closed_direct_start"),
]
