"""What a load balancer, a metrics collector, and a device that looks for its way here ask."""

from __future__ import annotations

import asyncio
import logging
from secrets import compare_digest
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.sessions.ice import ice_addresses

logger = logging.getLogger(__name__)

app_name = "probes"
ANSWER_WITHIN = 3.0


def is_database_there() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError as error:
        logger.warning("the database does not answer: %s", type(error).__name__)
        return False


async def is_layer_there() -> bool:
    """Whether a message sent into the channel layer comes out of it again."""
    layer = get_channel_layer()
    if layer is None:
        return False
    readers: list[asyncio.Future[Any]] = []
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            channel = await layer.new_channel()
            readers.append(asyncio.ensure_future(layer.receive(channel)))
            await layer.send(channel, {"type": "probe"})
            await readers[0]
            # Reading once more and giving up tells the layer that nobody reads this channel now.
            readers.append(asyncio.ensure_future(layer.receive(channel)))
            await asyncio.sleep(0)
            return True
    except Exception as error:  # noqa: BLE001 each layer fails in its own words
        logger.warning("the channel layer does not answer: %s", type(error).__name__)
        return False
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


@never_cache
@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    parts = {
        "database": await sync_to_async(is_database_there)(),
        "channel_layer": await is_layer_there(),
    }
    is_well = all(parts.values())
    answer = {"status": "ok" if is_well else "failing", **parts}
    return JsonResponse(answer, status=200 if is_well else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    token: str = settings.REMOTEHELP_METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    expected = f"Bearer {token}"
    if not token or not compare_digest(given.encode(), expected.encode()):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@never_cache
@require_safe
def reach(request: HttpRequest) -> HttpResponse:
    """What a device has to reach besides this site (A6). For anybody: who cannot sign in asks it first."""
    return JsonResponse({"ice_urls": ice_addresses()})


urlpatterns = [
    path("reach", reach, name="reach"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
