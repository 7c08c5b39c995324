"""Measurements of the running site, each beside a baseline taken in the same run. Never tests."""
