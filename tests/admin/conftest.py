from __future__ import annotations

import pytest
from django.test import Client

from apps.tenants.models import User
from apps.tenants.services import grant_administration
from tests.factories import make_person


@pytest.fixture
def operator(db):
    """A site operator: a superuser without a tenant."""
    return User.objects.create_superuser(
        username="operator", email="operator@example.org", password="a long enough password"
    )


@pytest.fixture
def as_operator(operator):
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def staff(ada):
    """Ada, let into the Django admin."""
    ada.is_staff = True
    ada.save()
    return ada


@pytest.fixture
def as_staff(staff):
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def limited(contoso):
    """A member of staff who administers devices and nothing else."""
    person = make_person(contoso, "Dora", "Devices")
    person.is_staff = True
    person.save()
    grant_administration(actor=None, person=person, permissions=["tenants.manage_devices"])
    return person
