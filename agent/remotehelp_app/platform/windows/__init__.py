"""Windows. Run under Wine only; each module says what that does not prove."""
