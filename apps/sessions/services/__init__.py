"""Every write to a session, by subject: opening and redeeming, the steps, presence, upkeep."""

from apps.sessions.services.ending import end_session
from apps.sessions.services.opening import (
    OpenedSession,
    OwnCodeError,
    TooManyOpenError,
    TooManyTriesError,
    WrongCodeError,
    issue_new_code,
    open_session,
    redeem_code,
)
from apps.sessions.services.presence import (
    Joined,
    confirm_media,
    join_session,
    part_session,
    report_media_lost,
    touch_presence,
)
from apps.sessions.services.steps import (
    KindNotPossibleError,
    StepTakenError,
    allow,
    answer_elevation,
    ask_elevation,
    decline,
    leave_session,
    request_kind,
    revoke_elevation,
)
from apps.sessions.services.upkeep import (
    end_due_sessions,
    end_groundless,
    forget_spent_codes,
    settle,
    settled_state,
)

__all__ = [
    "Joined",
    "KindNotPossibleError",
    "OpenedSession",
    "OwnCodeError",
    "StepTakenError",
    "TooManyOpenError",
    "TooManyTriesError",
    "WrongCodeError",
    "allow",
    "answer_elevation",
    "ask_elevation",
    "confirm_media",
    "decline",
    "end_due_sessions",
    "end_groundless",
    "end_session",
    "forget_spent_codes",
    "issue_new_code",
    "join_session",
    "leave_session",
    "open_session",
    "part_session",
    "redeem_code",
    "report_media_lost",
    "request_kind",
    "revoke_elevation",
    "settle",
    "settled_state",
    "touch_presence",
]
