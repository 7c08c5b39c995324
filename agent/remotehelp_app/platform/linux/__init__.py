"""Linux beside the desktop: event log, sign-out, facts."""
