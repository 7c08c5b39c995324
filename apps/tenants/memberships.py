"""What must hold after people have joined groups. Every service that adds a membership asks it, and no other place knows.

Groups can carry more than who is in them: a licence seat for each member (L3). Licences lie above this app, so their app
gives its rule here when it starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from apps.tenants.models import Group


class MembershipRule(Protocol):
    def __call__(self, groups: list[Group]) -> None: ...


_rules: list[MembershipRule] = []


def give_membership_rule(rule: MembershipRule) -> None:
    """An app above says what it asks of memberships, once, when it starts."""
    if rule not in _rules:
        _rules.append(rule)


def require_memberships_fit(groups: Iterable[Group]) -> None:
    """Refuse when these groups, as they are now, have more members than may be; for one, than their licences have seats.

    Call it once, after people were added to groups in whatever way (one by one, in bulk, by a form), in the transaction
    of that change, which the refusal takes back. People who only left need no question. What is refused is a
    `RuleError` that names the licence and the numbers. Where one group too full must not stop the rest, as at a
    sign-in or for single rows of an import, ask for one group at a time in a savepoint of its own.
    """
    # Locked, so that somebody who gives seats to a group just now counts these members, or they see those seats.
    locked = Group.objects.filter(pk__in=[group.pk for group in groups])
    found = list(locked.select_for_update(no_key=True).order_by("pk"))
    for rule in _rules:
        rule(found)
