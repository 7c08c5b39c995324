"""From a request to the device that sent it."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.authentication import get_authorization_header
from rest_framework.request import Request

from apps.devices import proofs, services
from apps.devices.models import Device
from apps.devices.proofs import Bound
from apps.tenants.app_access import bearer_of
from apps.tenants.models import User


def proof_parameter(*, is_required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        proofs.HEADER,
        str,
        OpenApiParameter.HEADER,
        required=is_required,
        description="The device's signed note about this very request; see docs/api.md.",
    )


def _bound(request: Request) -> Bound:
    """What a proof has to be about. Only the app proves a device: a browser holds no key."""
    token = bearer_of(get_authorization_header(request))
    if not token or request.auth is None:
        raise services.NotProvedError
    http = request._request
    # The body before the parser takes it: the stream can be read once.
    return Bound(str(http.method), http.path, http.body, token)


def require_key(request: Request, public_key: str, bound: Bound) -> None:
    proof = request.headers.get(proofs.HEADER, "")
    services.prove_key(proof=proof, public_key=public_key, bound=bound)


def bound_of(request: Request) -> Bound:
    """The request as a proof has to describe it; refuses at once what carries none."""
    bound = _bound(request)
    if proofs.HEADER not in request.headers:
        raise services.NotProvedError
    return bound


def require_device(request: Request, actor: User) -> Device:
    bound = bound_of(request)
    proof = request.headers[proofs.HEADER]
    return services.prove_device(actor=actor, proof=proof, bound=bound)


def find_device(request: Request, actor: User) -> Device | None:
    """The proved device, or None where no proof was sent: a plain browser."""
    if proofs.HEADER not in request.headers:
        return None
    return require_device(request, actor)
