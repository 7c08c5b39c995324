"""Upkeep of devices: periodic, and after a change that concerns many."""

from __future__ import annotations

from celery import shared_task

from apps.devices import selectors, services


@shared_task
def forget_spent_proofs() -> int:
    return services.forget_spent_proofs()


@shared_task
def evaluate_policy(policy_id: str) -> int:
    """After a policy was made or changed; one that is gone meanwhile asks nobody."""
    policy = selectors.find_policy(policy_id)
    return services.evaluate_policy(policy=policy) if policy is not None else 0


@shared_task
def finish_evaluations() -> int:
    """Ask those policies of all their devices that still wait for it: a queue that was lost loses no policy."""
    services.want_evaluation_of_ageing()
    due = services.due_policies()
    for policy in due:
        services.evaluate_policy(policy=policy)
    return len(due)
