"""The Celery application: worker and beat, as processes of their own or embedded as threads."""

from __future__ import annotations

from celery import Celery

app = Celery("remotehelp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
