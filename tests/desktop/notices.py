"""A desktop's notification service (Desktop Notifications Specification 1.2) that writes down what it is asked to show.

Run by the system's own Python. One JSON line for each call; a line `press N` or `dismiss N` on stdin does what a person
does with notice N.
"""

import json
import sys

from gi.repository import Gio, GLib

NAME = "org.freedesktop.Notifications"
SPEC = Gio.DBusNodeInfo.new_for_xml(
    """<node><interface name="org.freedesktop.Notifications">
    <method name="GetCapabilities"><arg direction="out" type="as"/></method>
    <method name="GetServerInformation">
      <arg direction="out" type="s"/><arg direction="out" type="s"/><arg direction="out" type="s"/><arg direction="out" type="s"/>
    </method>
    <method name="Notify">
      <arg direction="in" type="s"/><arg direction="in" type="u"/><arg direction="in" type="s"/><arg direction="in" type="s"/>
      <arg direction="in" type="s"/><arg direction="in" type="as"/><arg direction="in" type="a{sv}"/><arg direction="in" type="i"/>
      <arg direction="out" type="u"/>
    </method>
    <method name="CloseNotification"><arg direction="in" type="u"/></method>
    <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
    <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
    </interface></node>"""
).interfaces[0]


def say(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class Service:
    def __init__(self, abilities):
        self.abilities = abilities
        self.last = 0
        self.bus = None

    def called(self, bus, sender, path, interface, method, parameters, invocation):
        self.bus = bus
        said = parameters.unpack()
        if method == "GetCapabilities":
            invocation.return_value(GLib.Variant("(as)", (self.abilities,)))
        elif method == "GetServerInformation":
            invocation.return_value(GLib.Variant("(ssss)", ("test", "test", "1", "1.2")))
        elif method == "Notify":
            app, replaces, _icon, title, text, actions, hints, _timeout = said
            number = replaces or self.last + 1
            self.last = max(self.last, number)
            say(event="shown", number=number, app=app, title=title, text=text, actions=actions,
                hints=hints)  # fmt: skip
            invocation.return_value(GLib.Variant("(u)", (number,)))
        elif method == "CloseNotification":
            say(event="closed", number=said[0])
            invocation.return_value(None)

    def emit(self, signal, *values):
        assert self.bus is not None, "nobody has asked for a notice yet"
        kinds = "(us)" if signal == "ActionInvoked" else "(uu)"
        self.bus.emit_signal(
            None, "/org/freedesktop/Notifications", NAME, signal, GLib.Variant(kinds, values)
        )

    def told(self, channel, _condition):
        words = channel.readline().split()
        if not words:
            return False
        number = int(words[1])
        if words[0] == "press":
            self.emit("ActionInvoked", number, "default")
        self.emit("NotificationClosed", number, 2)
        return True


def main():
    service = Service(sys.argv[1:])
    Gio.bus_own_name(
        Gio.BusType.SESSION,
        NAME,
        Gio.BusNameOwnerFlags.NONE,
        lambda bus, _name: bus.register_object(
            "/org/freedesktop/Notifications", SPEC, service.called, None, None
        ),
        lambda _bus, _name: say(event="ready"),
        lambda _bus, _name: say(event="lost"),
    )
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, service.told)
    GLib.MainLoop().run()


main()
