"""What a change closes, in sentences, for the page that asks before it is made."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.common.previews import Preview


def losses_in_words(preview: Preview) -> list[str]:
    """One sentence for each permission that helpers lose; none where nobody loses anything."""
    return [
        _(
            "%(permission)s: lost by %(helpers)s of the helpers, over %(people)s people and %(devices)s devices."
        )
        % {
            "permission": one.label,
            "helpers": one.number_of_helpers,
            "people": one.number_of_people,
            "devices": one.number_of_devices,
        }
        for one in preview.losses
    ]
