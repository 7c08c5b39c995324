"""Every write to licences, by subject: ordering and changing them, their seats, upkeep."""

from apps.licenses.services.orders import (
    LicenseCancelledError,
    TrialUsedError,
    allow_another_trial,
    cancel_license,
    change_license,
    order_license,
)
from apps.licenses.services.seats import (
    LicenseEndedError,
    NoSeatLeftError,
    NoSeatsError,
    SeatTakenError,
    assign_seat,
    assign_seats,
    require_enough_seats,
    require_seats_for_members,
    revoke_seat,
)
from apps.licenses.services.upkeep import note_states

__all__ = [
    "LicenseCancelledError",
    "LicenseEndedError",
    "NoSeatLeftError",
    "NoSeatsError",
    "SeatTakenError",
    "TrialUsedError",
    "allow_another_trial",
    "assign_seat",
    "assign_seats",
    "cancel_license",
    "change_license",
    "note_states",
    "order_license",
    "require_enough_seats",
    "require_seats_for_members",
    "revoke_seat",
]
