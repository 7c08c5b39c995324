"""What comboboxes for devices ask while an administrator types."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common.comboboxes import answer_search
from apps.common.http import SignedInRequest
from apps.devices.sources import DevicesSource
from apps.tenants.access import administrator_required
from apps.tenants.selectors import tenant_of


@require_safe
@never_cache
@administrator_required()
def devices(request: SignedInRequest) -> HttpResponse:
    return answer_search(request, DevicesSource(tenant_of(request.user)))
