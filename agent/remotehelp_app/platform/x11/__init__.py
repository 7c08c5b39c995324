"""X11: the desktop of Linux that the tests run on."""
