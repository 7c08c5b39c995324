"""Where no direct path exists: picture and keys through a real relay, reached by UDP and by TCP (A6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Desk, Turn, demo_site, free_port, relay, until
from tests.browser.marker import Marker
from tests.browser.steps import until_seen
from tests.desktop.certificates import certificate
from tests.desktop.desk import Desktop
from tests.desktop.far import picture_follows
from tests.desktop.steps import click_and_type, go_live, sign_in
from tests.network import network

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


@pytest.mark.parametrize("way", ["TCP", "TLS"])
def test_where_udp_is_blocked_the_relays_next_address_is_taken(
    way: str, helper_browser: Browser, device: Desktop, tmp_path: Path
) -> None:
    """What is blocked says nothing, as at a firewall that drops. The device has no way but the relay; the helper, who is
    elsewhere, has one by UDP, whose address comes so late in the list that the device does not need it.
    """
    folder, by_tls = tmp_path / "relay", free_port()
    folder.mkdir()
    tls = certificate(folder)
    device.env["SSL_CERT_FILE"] = str(tls)
    options = [f"--tls-listening-port={by_tls}", f"--cert={tls}", f"--pkey={tls}", "--no-dtls"]
    with relay(folder, *options) as turn, network() as blocked:
        blocked.way.is_cut = True
        host, _colon, port = turn.url.removeprefix("turn:").partition(":")
        tcp = blocked.wire((host, int(port))).port if way == "TLS" else port
        by = {
            "UDP": f"turn:{host}:{blocked.line((host, int(port))).port}?transport=udp",
            "TCP": f"turn:{host}:{tcp}?transport=tcp",
            "TLS": f"turns:{host}:{by_tls}?transport=tcp",
        }
        addresses = [*by.values(), f"{turn.url}?transport=udp"]
        with demo_site(tmp_path / "site", turn, *addresses) as site:
            desk = Desk(site)
            sign_in(device, desk, helper_browser, options=["--relay-only"])
            helper = desk.page(helper_browser, "helper")
            go_live(device, helper, "Full control")
            picture_follows(device, helper, changes=2)
            click_and_type(device, helper)
            found = until(lambda: helper.evaluate(PAIR), "a path is chosen")
            assert (set(found["offered"]), found["remote"]) == ({"relay"}, "relay")
            assert f"relayed at {by[way]}" in (device.folder / "app.log").read_text()
            helper.get_by_role("button", name="Leave").click()
            device.reads("The session has ended")
            desk.close()
