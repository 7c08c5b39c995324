from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class SiteConfig(AppConfig):
    name = "remotehelp_site"
    label = "site"
    verbose_name = "Remote Help"

    def ready(self) -> None:
        from remotehelp_site import checks  # noqa: F401


class SiteStaticFilesConfig(StaticFilesConfig):
    """Collects what our pages use. htmx's extensions, unused here, import modules that are not shipped."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*", "django_htmx/*-4*"]
