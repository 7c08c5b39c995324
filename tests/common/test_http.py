from __future__ import annotations

import pytest

from apps.common.http import client_address

PROXY = "10.0.0.1"


def _address(forwarded="", remote=PROXY):
    return client_address({"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded})


def test_without_proxies_of_ours_the_header_is_not_believed(settings):
    settings.REMOTEHELP_TRUSTED_PROXIES = 0
    assert _address("203.0.113.5", "198.51.100.2") == "198.51.100.2"


def test_each_trusted_proxy_is_one_hop_from_the_right(settings):
    settings.REMOTEHELP_TRUSTED_PROXIES = 1
    assert _address("203.0.113.5") == "203.0.113.5"
    settings.REMOTEHELP_TRUSTED_PROXIES = 2
    assert _address("203.0.113.5, 10.0.0.2") == "203.0.113.5"


@pytest.mark.parametrize("invented", ["1.1.1.1", "1.1.1.1, 2.2.2.2", "127.0.0.1,", "x, y, z"])
def test_what_the_client_wrote_itself_is_not_believed(invented, settings):
    """Else a new invented address for each guess would be no limit."""
    settings.REMOTEHELP_TRUSTED_PROXIES = 1
    assert _address(f"{invented}, 203.0.113.5") == "203.0.113.5"


@pytest.mark.parametrize("header", ["", " ", ",", "203.0.113.9"])
def test_a_header_shorter_than_our_proxies_falls_back_to_the_socket(header, settings):
    settings.REMOTEHELP_TRUSTED_PROXIES = 2
    assert _address(header) == PROXY


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("203.0.113.5:50123", "203.0.113.5"),
        ("[2001:db8:1:2::1]:50123", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
    ],
)
def test_a_proxy_that_writes_the_port_too_does_not_make_all_clients_one(written, meant, settings):
    """Else everybody would share one count of wrong codes, and one person could lock all others out."""
    settings.REMOTEHELP_TRUSTED_PROXIES = 1
    assert _address(written) == meant


def test_an_ipv6_address_counts_as_its_network():
    one, same, other = (
        _address(remote=address)
        for address in ("2001:db8:1:2::1", "2001:DB8:1:2:ffff::9", "2001:db8:1:3::1")
    )
    assert one == same == "2001:db8:1:2::/64"
    assert other != one


def test_one_ipv4_address_is_one_however_it_is_written():
    assert _address(remote="::ffff:203.0.113.5") == _address(remote="203.0.113.5") == "203.0.113.5"


@pytest.mark.parametrize("garbage", ["", "unix:", "999.1.1.1", "999.1.1.1:80", "\u0661"])
def test_garbage_is_one_unknown_address(garbage):
    assert _address(remote=garbage) == "unknown"


def test_a_link_local_address_with_its_zone_is_an_address():
    assert _address(remote="fe80::1%eth0") == "fe80::/64"


def test_no_address_at_all():
    assert client_address({}) == "unknown"
