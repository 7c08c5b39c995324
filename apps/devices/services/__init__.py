"""Every write to devices, by subject: records, enrolment, identity, compliance."""

from apps.devices.services.compliance import (
    evaluate,
    evaluate_anew,
    evaluate_policy,
    record_policy_result,
    report_device,
)
from apps.devices.services.enrolment import (
    DeviceClaim,
    IssuedToken,
    TooManyDevicesError,
    UnenrolledRefusedError,
    WrongTokenError,
    enrol_device,
    issue_enrolment_token,
    register_device,
    revoke_enrolment_token,
)
from apps.devices.services.identity import (
    ClockSkewError,
    DeviceRevokedError,
    NotProvedError,
    OtherOwnerError,
    forget_spent_proofs,
    prove_device,
    prove_key,
)
from apps.devices.services.records import (
    change_enrolment,
    record_device,
    restore_device,
    revoke_device,
)

__all__ = [
    "ClockSkewError",
    "DeviceClaim",
    "DeviceRevokedError",
    "IssuedToken",
    "NotProvedError",
    "OtherOwnerError",
    "TooManyDevicesError",
    "UnenrolledRefusedError",
    "WrongTokenError",
    "change_enrolment",
    "enrol_device",
    "evaluate",
    "evaluate_anew",
    "evaluate_policy",
    "forget_spent_proofs",
    "issue_enrolment_token",
    "prove_device",
    "prove_key",
    "record_device",
    "record_policy_result",
    "register_device",
    "report_device",
    "restore_device",
    "revoke_device",
    "revoke_enrolment_token",
]
