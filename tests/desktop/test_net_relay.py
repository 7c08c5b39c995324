"""Where no direct path exists: picture and keys through a real relay, reached by UDP and by TCP (A6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Desk, Turn, demo_site, until
from tests.browser.marker import Marker
from tests.browser.steps import until_seen
from tests.desktop.desk import Desktop
from tests.desktop.steps import click_and_type, go_live, sign_in

pytestmark = pytest.mark.desktop
# What the device offered, and the pair that is in use with the way to the helper's own relay.
PAIR = """async () => {
  const pc = window.seen.peers.at(-1);
  const offered = [...pc.remoteDescription.sdp.matchAll(/^a=candidate:.* typ (\\w+)/gm)].map((m) => m[1]);
  const reports = await pc.getStats();
  const transport = [...reports.values()].find((report) => report.type === "transport");
  const pair = reports.get(transport?.selectedCandidatePairId);
  if (!pair) return null;
  const [local, remote] = [reports.get(pair.localCandidateId), reports.get(pair.remoteCandidateId)];
  return { offered, local: local.candidateType, remote: remote.candidateType, way: local.relayProtocol };
}"""


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_picture_and_keys_pass_through_a_relay_and_nothing_goes_beside_it(
    way: str, turn: Turn, helper_browser: Browser, device: Desktop, tmp_path: Path
) -> None:
    with demo_site(tmp_path / "site", turn, f"{turn.url}?transport={way}") as site:
        desk = Desk(site)
        sign_in(device, desk, helper_browser, options=["--relay-only"])
        helper = desk.page(helper_browser, "helper", is_relay_only=True)
        go_live(device, helper, "Full control")
        marker = Marker(device.display, from_right=260, y=300, edge=200)
        for colour in ((255, 0, 0), (0, 0, 255)):
            marker.colour(*colour)
            until_seen(helper, marker, colour)
        marker.close()
        click_and_type(device, helper)
        found = until(lambda: helper.evaluate(PAIR), "a path is chosen")
        assert set(found.pop("offered")) == {"relay"}
        assert found == {"local": "relay", "remote": "relay", "way": way}
        helper.get_by_role("button", name="Leave").click()
        device.reads("The session has ended")
        desk.close()
