from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "remotehelp_site"
    label = "site"
    verbose_name = "Remote Help"

    def ready(self) -> None:
        from remotehelp_site import checks  # noqa: F401
