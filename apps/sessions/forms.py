"""The shape of what people type and press. No rules here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.comboboxes import SearchField
from apps.devices.models import Device
from apps.devices.sources import DevicesSource
from apps.roles.models import Action
from apps.sessions.states import Kind
from apps.tenants.models import Tenant, User
from apps.tenants.sources import PeopleSource


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


class WhyForm(forms.Form):
    """The question why somebody may help somebody, or not."""

    helper: SearchField[User] = SearchField(label=_("Helper"))
    sharer: SearchField[User] = SearchField(
        label=_("Person"),
        required=False,
        help_text=_("Who would be helped. Empty: the owner of the device."),
    )
    device: SearchField[Device] = SearchField(
        label=_("Device"), required=False, help_text=_("Empty: in a plain browser.")
    )
    action = forms.ChoiceField(label=_("What for"), choices=Action.choices)

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = PeopleSource(tenant)
        for name, source in (
            ("helper", people),
            ("sharer", people),
            ("device", DevicesSource(tenant)),
        ):
            field: Any = self.fields[name]
            field.source = source

    def clean(self) -> dict[str, Any]:
        """Questions to which no session belongs have no answer: they are asked back."""
        said: dict[str, Any] = super().clean() or {}
        helper, sharer, device = (said.get(name) for name in ("helper", "sharer", "device"))
        if self.errors:
            return said
        owner = device.owner if device is not None else None
        if sharer is None:
            sharer = said["sharer"] = owner
        if sharer is None:
            self.add_error("sharer", gettext("Choose who would be helped."))
        elif sharer == helper:
            self.add_error("sharer", gettext("Nobody helps themselves. Choose two people."))
        elif owner is not None and owner != sharer:
            self.add_error(
                "device",
                gettext("This device belongs to %(name)s. Others are not helped on it.")
                % {"name": owner.full_name},
            )
        return said

    def address(self) -> dict[str, str]:
        """The question as its address says it: ids alone, and no name in anybody's log."""
        said = self.cleaned_data
        rows = {name: str(said[name].pk) for name in ("helper", "sharer", "device") if said[name]}
        return {**rows, "action": said["action"]}


class OwnWhyForm(forms.Form):
    """The same about oneself, as links ask it."""

    sharer = forms.UUIDField()
    device = forms.UUIDField(required=False)
    action = forms.ChoiceField(choices=Action.choices, required=False)

    def clean_action(self) -> Action:
        return Action(self.cleaned_data["action"] or Action.VIEW_SCREEN)
