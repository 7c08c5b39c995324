"""Two people who edit one thing: the second is told what changed meanwhile, and nothing is lost unseen."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.common.errors import RuleError


class ChangedMeanwhileError(RuleError):
    """What the person saw is not what is there now. `present` is."""

    code = "changed_meanwhile"
    message = _(
        "Somebody else has changed this meanwhile. Look at what is there now, then save again."
    )

    def __init__(self, present: Mapping[str, object]) -> None:
        super().__init__()
        self.present = dict(present)


def fingerprint(state: Mapping[str, object]) -> str:
    """A short word for how a thing stands; it tells nothing of what it stands for."""
    said = "\x1f".join(f"{name}\x1e{state[name]!r}" for name in sorted(state))
    return salted_hmac("conflicts", said, algorithm="sha256").hexdigest()[:32]


def require_unchanged(state: Mapping[str, object], seen: str | None) -> None:
    """Refuse when the thing stands otherwise than when it was `seen`; None did not look, and is not refused.

    Ask with the row read afresh and locked, in the transaction of the change.
    """
    if seen is not None and seen != fingerprint(state):
        raise ChangedMeanwhileError(state)
