"""The systems that the app runs on, each behind the interfaces of `interfaces.py`."""
