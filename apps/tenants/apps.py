from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _after_migrate(using: str, **kwargs: Any) -> None:
    from allauth.idp.oidc.models import Client

    from apps.tenants.app_access import ensure_app_client

    # Told after each app's own `migrate` too, when the table may not be there yet.
    if Client._meta.db_table in connections[using].introspection.table_names():
        ensure_app_client()


class TenantsConfig(AppConfig):
    name = "apps.tenants"
    label = "tenants"
    verbose_name = _("Tenants and people")

    def ready(self) -> None:
        from apps.common.retention import KeptKind, keep_no_longer
        from apps.tenants import audit

        keep_no_longer(
            KeptKind(
                "audit_names",
                _("Names in the audit log"),
                audit.oldest_names,
                audit.names_due,
                lambda before, *, until: audit.forget_names(before) >= 0,
            )
        )
        # After a flush too, so that no test and no restored database lacks the device app.
        post_migrate.connect(_after_migrate, sender=apps.get_app_config("allauth_idp_oidc"))
