"""Devices of a tenant, as a form lets choose one of many."""

from __future__ import annotations

import uuid

from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.common.comboboxes import Option, Source
from apps.common.lists import matching
from apps.devices.models import Device, Enrolment
from apps.devices.selectors import devices_of_tenant
from apps.tenants.models import Tenant


class DevicesSource(Source[Device]):
    """All devices of the tenant, those that are not enrolled too."""

    url = reverse_lazy("devices:find_devices")
    none_found = gettext_lazy("No device of your organisation is called so.")

    def __init__(self, tenant: Tenant) -> None:
        found = devices_of_tenant(tenant.pk).select_related("owner")
        self._devices = found.order_by("name", "id")

    def find(self, pk: uuid.UUID) -> Device | None:
        return self._devices.filter(pk=pk).first()

    def search(self, words: str, number: int) -> list[Device]:
        """By words of its name, or of its owner's."""
        names = ("name", "owner__first_name", "owner__last_name")
        return list(self._devices.filter(matching(words, *names))[:number])

    def option(self, row: Device) -> Option:
        owner = row.owner.full_name if row.owner is not None else _("nobody's")
        if row.enrolment == Enrolment.ENROLLED:
            return Option(str(row.pk), row.name, owner)
        return Option(str(row.pk), row.name, _("%(owner)s, not enrolled") % {"owner": owner})
