from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.tenants.models import Tenant
from tests.tenants.provider import CONTOSO, Provider, ProviderProcess, connect


@pytest.fixture(scope="session")
def provider_process() -> Iterator[Provider]:
    process = ProviderProcess()
    yield process.provider
    process.stop()


@pytest.fixture
def provider(provider_process: Provider, contoso: Tenant) -> Provider:
    """The directory of Contoso; its people sign in at /sign-in/organisation/ with @contoso.example."""
    connect(contoso, CONTOSO, provider_process)
    return provider_process
