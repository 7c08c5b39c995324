from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _after_migrate(**kwargs: Any) -> None:
    from apps.roles.services import ensure_built_in_roles

    ensure_built_in_roles()


class RolesConfig(AppConfig):
    name = "apps.roles"
    label = "roles"
    verbose_name = _("Roles")

    def ready(self) -> None:
        # After a flush too, so that no test and no restored database lacks the built-in role.
        post_migrate.connect(_after_migrate, sender=self)
