"""A helper's page that says what no page of ours says."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.desktop.desk import Desktop

# What a page of ours never does: events on the channel of a session in which only viewing was allowed.
FORGE = """() => {
  const kept = window.seen.channels.input.at(-1);
  kept.send(JSON.stringify({
    view: 1, n: 1, move: [100, 400],
    events: [["down", 0, 100, 400], ["up", 0, 100, 400], ["key", "KeyA", "a", true, 0], ["text", "hello"]],
  }));
  return kept.readyState;
}"""
KEEP_CHANNELS = """
  window.seen.channels = { talk: [], input: [] };
  const open = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const made = open.apply(this, args);
    window.seen.channels[args[0]]?.push(made);
    return made;
  };
"""


def what_came_before_is_there(device: Desktop, helper: Page, number: int = 1) -> None:
    """A chat message comes after what the page has sent before; what has that number arrived."""
    if helper.get_by_role("textbox", name="Message").is_hidden():
        helper.get_by_role("button", name="Chat").click()
    helper.get_by_role("textbox", name="Message").fill("Are you there?")
    helper.get_by_role("button", name="Send").click()
    device.find("push button", f"Chat ({number} new)")
