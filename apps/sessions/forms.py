"""The shape of what people type and press. No rules here."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.sessions.states import Kind


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Security code"),
        max_length=40,
        error_messages={"required": _("Enter the security code that your help desk gave you.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code-input",
                "placeholder": "XXXX-XXXX",
                "autofocus": True,
            }
        ),
    )


class KindForm(forms.Form):
    kind = forms.ChoiceField(choices=Kind.choices)
