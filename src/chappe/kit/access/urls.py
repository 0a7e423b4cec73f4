"""Addresses of sign-in and of one's own account. Namespace: ``access``."""

from django.urls import path

from chappe.kit.access import profile, views

app_name = "access"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/code/", views.code, name="code"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("welcome/<str:uid>/<str:token>/", views.welcome, name="welcome"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.password, name="password"),
    path("profile/second-factor/", profile.enrol, name="totp"),
    path("profile/second-factor/off/", profile.totp_off, name="totp-off"),
    path("profile/recovery-codes/", profile.recovery_codes, name="recovery-codes"),
    path("profile/sessions/close/", profile.close_session, name="close-sessions"),
    path("profile/sessions/<int:pk>/close/", profile.close_session, name="close-session"),
]
