"""What comboboxes ask while an administrator types."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common.comboboxes import answer_search
from apps.common.http import SignedInRequest
from apps.tenants.access import administrator_required
from apps.tenants.selectors import tenant_of
from apps.tenants.sources import GroupsSource, PeopleSource


@require_safe
@never_cache
@administrator_required()
def people(request: SignedInRequest) -> HttpResponse:
    return answer_search(request, PeopleSource(tenant_of(request.user)))


@require_safe
@never_cache
@administrator_required()
def groups(request: SignedInRequest) -> HttpResponse:
    return answer_search(request, GroupsSource(tenant_of(request.user)))
