"""Sessions behind a proxy that the environment names, as computing centres have one."""

import pytest

from targets.network.client import Connection
from targets.network.retry import Traffic, TransientError
from tests.support import faults
from tests.support.faults import IMPATIENT, QUICK

BODY = bytes(range(256)) * 40
FAR = "http://far.invalid/x.root"
"""An address that no name server knows: only a proxy can answer for it."""


@pytest.fixture
def proxy(web, monkeypatch):
    """A proxy that has the file: it is asked for the whole address where a server is asked for the path."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", web.url)
    web.files[FAR] = faults.Hosted(BODY)
    return web


def ask(uri, policy=QUICK, **headers):
    with Connection(policy, Traffic()) as connection, connection.get(uri, headers) as answer:
        return answer.status, b"".join(answer.blocks())


def test_files_come_through_the_proxy_of_the_environment(proxy):
    assert ask(FAR) == (200, BODY)
    assert ask(FAR, Range="bytes=10-19") == (206, BODY[10:20])
    assert [path for path, _ in proxy.asked] == [FAR, FAR]


def test_a_line_keeps_its_connection_to_the_proxy_and_closes_it(proxy):
    with Connection(QUICK, Traffic()) as connection:
        for _ in range(3):
            with connection.get(FAR, {}) as answer:
                assert b"".join(answer.blocks()) == BODY
        assert (proxy.connections, proxy.open) == (1, 1)
    assert faults.settles(lambda: proxy.open == 0)


def test_no_proxy_is_asked_for_hosts_that_need_none(proxy, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{faults.closed_port()}")
    assert ask(proxy.host("near.root", BODY)) == (200, BODY)
    assert [path for path, _ in proxy.asked] == ["/near.root"]


def test_a_proxy_that_is_away_may_come_back(proxy, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{faults.closed_port()}")
    with pytest.raises(TransientError, match=r"far.invalid cannot be reached or gave no answer \(ProxyError: "):
        ask(FAR)


def test_a_head_that_drips_through_a_proxy_is_not_waited_for(proxy):
    proxy.faults = [faults.drip_head(0.01)]
    with pytest.raises(TransientError, match="cannot be reached or gave no answer"):
        ask(FAR, IMPATIENT)
