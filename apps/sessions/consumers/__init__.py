"""The sockets: one for each side of a session, and one for each device."""

from apps.sessions.consumers.device import DeviceConsumer
from apps.sessions.consumers.session import SessionConsumer

__all__ = ["DeviceConsumer", "SessionConsumer"]
