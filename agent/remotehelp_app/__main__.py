"""`python -m remotehelp_app`."""

from __future__ import annotations

import sys

from remotehelp_app.cli import main

sys.exit(main())
