"""The Celery application: worker and beat, as processes of their own or embedded as threads."""

from __future__ import annotations

from celery import Celery
from django.apps import apps


def _packages() -> list[str]:
    return [config.name for config in apps.get_app_configs()]


# Celery's own support for Django looks at DJANGO_SETTINGS_MODULE once, when the application is made, and
# `remotehelp` chooses the settings after that. So what we need of it is said here.
app = Celery("remotehelp", task_cls="celery.contrib.django.task:DjangoTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(_packages)
