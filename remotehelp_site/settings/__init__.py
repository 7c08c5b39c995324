"""Settings: `embedded` (one process, SQLite), `production` (PostgreSQL, Redis) and `test`."""
