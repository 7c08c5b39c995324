"""People and groups of a tenant, as a form lets choose one of many."""

from __future__ import annotations

import uuid

from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.common.comboboxes import Option, Source
from apps.common.lists import matching
from apps.tenants.models import Group, Tenant, User
from apps.tenants.selectors import groups_of, people_of


class PeopleSource(Source[User]):
    """Everybody of the tenant, disabled people too."""

    url = reverse_lazy("administration:find_people")
    none_found = gettext_lazy("Nobody in your organisation is called so.")

    def __init__(self, tenant: Tenant) -> None:
        self._people = people_of(tenant).order_by("last_name", "first_name", "id")

    def find(self, pk: uuid.UUID) -> User | None:
        return self._people.filter(pk=pk).first()

    def search(self, words: str, number: int) -> list[User]:
        """By words of the name or the address; a whole address is one person."""
        if "@" in words and (found := list(self._people.filter(email__iexact=words)[:number])):
            return found
        return list(self._people.filter(matching(words, *PERSON_WORDS))[:number])

    def option(self, row: User) -> Option:
        note = row.email if row.is_active else _("%(address)s, disabled") % {"address": row.email}
        return Option(str(row.pk), row.full_name, note)


PERSON_WORDS = ("first_name", "last_name", "email")


class GroupsSource(Source[Group]):
    url = reverse_lazy("administration:find_groups")
    none_found = gettext_lazy("No group of your organisation is called so.")

    def __init__(self, tenant: Tenant) -> None:
        self._groups = groups_of(tenant).order_by("name", "id")

    def find(self, pk: uuid.UUID) -> Group | None:
        return self._groups.filter(pk=pk).first()

    def search(self, words: str, number: int) -> list[Group]:
        return list(self._groups.filter(matching(words, "name"))[:number])

    def option(self, row: Group) -> Option:
        return Option(str(row.pk), row.name, row.description[:80])
