"""Profile pictures, decoded and encoded anew."""

from __future__ import annotations

import io
import struct

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.common.errors import InvalidError, NotAllowedError
from apps.tenants import audit
from apps.tenants.models import Act, User
from apps.tenants.selectors import tenant_of
from apps.tenants.services.administrators import require_outranks, require_permission

PICTURE_EDGE = 256
PICTURE_BYTES = 5 * 1024 * 1024
PICTURE_PIXELS = 50_000_000  # a small file can unpack to gigabytes
# What Pillow raises over broken pictures: its readers have several words for it.
_UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    struct.error,
)


@transaction.atomic
def set_picture_of(*, actor: User, person: User, data: bytes) -> None:
    """Keep a picture of somebody of the actor's tenant, for whoever manages its people."""
    _require_changeable(actor, person)
    set_picture(person=person, data=data)
    new = {"picture": True}  # that there is one; what it shows is not for the log
    audit.record(actor=actor, tenant=tenant_of(actor), act=Act.CHANGED, target=person, new=new)


@transaction.atomic
def remove_picture_of(*, actor: User, person: User) -> None:
    """Take it away again."""
    _require_changeable(actor, person)
    if not person.picture:
        return
    remove_picture(person=person)
    old = {"picture": True}
    audit.record(actor=actor, tenant=tenant_of(actor), act=Act.CHANGED, target=person, old=old)


def _require_changeable(actor: User, person: User) -> None:
    require_permission(actor, "tenants.manage_people")
    if actor.tenant_id != person.tenant_id:
        raise NotAllowedError
    require_outranks(actor, person)


def set_picture(*, person: User, data: bytes) -> None:
    """Keep a profile picture, decoded and encoded anew, so that nothing but pixels survives."""
    if len(data) > PICTURE_BYTES:
        raise InvalidError(_("The picture is larger than 5 MB."))
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as image:
            if image.width * image.height > PICTURE_PIXELS:
                raise InvalidError(_("The picture has too many pixels. Use a smaller one."))
            image.draft("RGB", (PICTURE_EDGE * 2, PICTURE_EDGE * 2))
            picture = ImageOps.fit(
                ImageOps.exif_transpose(image).convert("RGB"), (PICTURE_EDGE, PICTURE_EDGE)
            )
    except _UNREADABLE as error:
        raise InvalidError(
            _("This is no picture that we can read. Use PNG, JPEG or WebP.")
        ) from error
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85)
    old = person.picture.name
    person.picture.save("picture.webp", ContentFile(out.getvalue()), save=False)
    person.save(update_fields=["picture"])
    _delete_picture_file(person, old)


def remove_picture(*, person: User) -> None:
    """Back to initials; the file goes too."""
    old = person.picture.name
    person.picture = ""
    person.save(update_fields=["picture"])
    _delete_picture_file(person, old)


def _delete_picture_file(person: User, name: str | None) -> None:
    if name:
        storage = person.picture.storage
        transaction.on_commit(lambda: storage.delete(name))
