from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    name = "apps.sessions"
    label = "help_sessions"
    verbose_name = _("Remote help sessions")

    def ready(self) -> None:
        from apps.common.previews import give_previewer
        from apps.sessions import receivers  # noqa: F401
        from apps.sessions.preview import preview

        give_previewer(preview)
