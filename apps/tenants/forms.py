"""The shape of what people type to sign in and about themselves."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Only local accounts have a password to set anew; others get the mail that says so."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users: list[Any] = [user for user in self.users if not user.directory_oid]
        return email


class OrganisationForm(forms.Form):
    address = forms.CharField(
        label=_("Work address or domain"),
        max_length=254,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "email",
                "autocapitalize": "none",
                "spellcheck": "false",
                "inputmode": "email",
            }
        ),
    )


class PictureForm(forms.Form):
    picture = forms.FileField(
        label=_("Picture"),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, at most 5 MB. It is cut to a square."),
    )
