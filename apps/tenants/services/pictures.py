"""Profile pictures, decoded and encoded anew."""

from __future__ import annotations

import io
import struct

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.common.errors import InvalidError
from apps.tenants.models import User

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
