"""One session on the device: what was allowed, and what happens."""
