from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    name = "apps.sessions"
    label = "help_sessions"
    verbose_name = _("Remote help sessions")

    def ready(self) -> None:
        from apps.common.previews import give_previewer
        from apps.common.retention import KeptKind, keep_no_longer
        from apps.sessions import receivers, selectors, services  # noqa: F401
        from apps.sessions.preview import preview, preview_compliance

        give_previewer(preview, preview_compliance)
        keep_no_longer(
            KeptKind(
                "sessions",
                _("Sessions, with all their events"),
                selectors.oldest_session_end,
                selectors.sessions_ended_by,
                services.forget_sessions,
            )
        )
        keep_no_longer(
            KeptKind(
                "refusals",
                _("Refusals"),
                selectors.oldest_refusal,
                selectors.refusals_by,
                services.forget_refusals,
            )
        )
