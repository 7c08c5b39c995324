from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensesConfig(AppConfig):
    name = "apps.licenses"
    label = "licenses"
    verbose_name = _("Licences")

    def ready(self) -> None:
        from apps.licenses.services import require_seats_for_members
        from apps.tenants.memberships import give_membership_rule

        give_membership_rule(require_seats_for_members)
