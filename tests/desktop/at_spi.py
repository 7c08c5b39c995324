"""Reads and presses the device app as a screen reader does, over AT-SPI.

Run by the system's own Python, which has the bindings; answers one JSON line for each line that it is asked.
"""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

STATES = {
    "focused": Atspi.StateType.FOCUSED,
    "enabled": Atspi.StateType.ENABLED,
    "showing": Atspi.StateType.SHOWING,
    "focusable": Atspi.StateType.FOCUSABLE,
}


def app():
    desktop = Atspi.get_desktop(0)
    for number in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(number)
        if child is not None and "remotehelp" in (child.get_name() or "").lower().replace(" ", ""):
            child.clear_cache()  # what was read earlier is not the tree any more
            return child
    return None


def walk(node, depth=0):
    if node is None or depth > 40:
        return
    yield node
    for number in range(node.get_child_count()):
        yield from walk(node.get_child_at_index(number), depth + 1)


def described(node):
    states = node.get_state_set()
    box = node.get_extents(Atspi.CoordType.SCREEN) if node.get_component_iface() else None
    return {
        "role": node.get_role_name(),
        "name": node.get_name() or "",
        "description": node.get_description() or "",
        "states": [name for name, state in STATES.items() if states.contains(state)],
        "box": [box.x, box.y, box.width, box.height] if box else None,
    }


def nodes():
    found = []
    for node in walk(app()):
        try:
            found.append((node, described(node)))
        except GLib.Error:
            continue  # it went away while we looked
    return found


def shown():
    return [(node, about) for node, about in nodes() if "showing" in about["states"]]


def press(node, asked):
    node.get_action_iface().do_action(0)


def fill(node, asked):
    node.get_editable_text_iface().set_text_contents(asked["text"])


def focus(node, asked):
    node.get_component_iface().grab_focus()


DO = {"press": press, "fill": fill, "focus": focus}


def answer(asked):
    if asked["do"] == "tree":
        return [about for _node, about in shown()]
    for node, about in shown():
        is_it = about["role"] == asked["role"] and about["name"].startswith(asked["name"])
        if is_it and asked["do"] == "find":
            return about
        if is_it and "enabled" in about["states"]:
            DO[asked["do"]](node, asked)
            return about
    return None


for line in sys.stdin:
    try:
        said = answer(json.loads(line))
    except GLib.Error:
        said = None
    # The pending changes of the tree have to be taken in before the next look.
    while GLib.MainContext.default().iteration(False):
        pass
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
