"""What a helper's page may say on the channels and never should: nothing of it acts, and the session goes on."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.desktop.forged import KEEP_CHANNELS, what_came_before_is_there
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop
SEND = """([channel, texts]) => {
  const kept = window.seen.channels[channel].at(-1);
  for (const text of texts) kept.send(text);
  kept.send(new Uint8Array([0, 255, 123, 34]));
  return kept.readyState;
}"""
FAR = 32_767


def datagram(*events, **other) -> str:
    return json.dumps({"view": 1, "n": 1, "events": list(events)} | other)


# Each is dropped whole, or, where it fits the protocol, acts on nothing.
INPUT = [
    "", "[]", "null", "{}", "not JSON", '{"view": 1', "[" * 900, '"' + "a" * 70_000 + '"',
    datagram(["down", 0, 100, 400], move=[-1, 0]),
    datagram(["down", 0, -5, 400]),
    datagram(["down", 0, 1e300, 400]),
    datagram(["down", 0, 100.5, 400]),
    datagram(["down", 0, FAR + 1, 400]),
    datagram(["down", 99, 100, 400]),
    datagram(["down", 0, 100, 400], view=999_999),
    datagram(["down", 0, 100, 400], n=-1),
    datagram(["down", 0, 100, 400], n=2**60),
    datagram(["down", 0, 100, 400], n=True),
    datagram(["down", 0, "100", 400]),
    datagram(["wheel", 0, 10**9, 100, 400]),
    datagram(["key", "KeyA" * 20, "a", True, 0]),
    datagram(["key", "KeyA", "a", 1, 0]),
    datagram(["key", "KeyA", "a", True, 2**40]),
    datagram(["text", "a" * 5_000]),
    datagram(["text", "\x1b[2J"]),
    datagram(["run", "xterm"]),
    datagram(*[["key", "KeyA", "a", True, 0]] * 33),
    datagram(["down", 0, 100, 400], extra=1),
    datagram(move=[FAR, FAR]),
]  # fmt: skip
TALK = [
    "", "[]", "null", "not JSON", "[" * 60_000, '{"type": []}', '{"type": "run", "text": "xterm"}',
    json.dumps({"type": "chat", "text": "a" * 60_000}),
    json.dumps({"type": "chat", "text": ""}),
    json.dumps({"type": "chat", "text": {"a": 1}}),
    json.dumps({"type": "show", "monitor": "no such monitor"}),
    json.dumps({"type": "show", "monitor": 7}),
    json.dumps({"type": "screen", "view": 9}),
    json.dumps({"type": "input", "isOn": True, "why": ""}),
]  # fmt: skip


def test_malformed_oversized_and_absurd_messages_act_on_nothing(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    helper.add_init_script(KEEP_CHANNELS)
    go_live(device, helper, "Full control")
    target = device.target(0, 200, 1280, 600)
    assert helper.evaluate(SEND, ["talk", TALK]) == "open"
    assert helper.evaluate(SEND, ["input", INPUT]) == "open"
    what_came_before_is_there(device, helper)
    assert target.events("down", "key down", "move") == []
    assert device.keys_down() == []

    # The session is as good as before.
    def clicked():
        # What was forged has used up the number of an event of the page's own.
        helper.mouse.click(*point_at(helper, 640, 500))
        return target.events("up")

    until(clicked, "a true click arrives")
    assert {(e["x"], e["y"]) for e in target.events("down")} == {(640, 500)}
    helper.keyboard.press("a")
    until(lambda: target.events("key up"), "a true key arrives")
    assert target.keys("key down") == ["KeyA"]
    expect(helper.locator("body[data-state=active]")).to_be_attached()
