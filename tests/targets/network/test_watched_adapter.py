"""Connections that are noted: whether one is open, and what breaks it (more of it in test_client.py)."""

from contextlib import closing

import pytest
import requests

from targets.network.watched_adapter import WatchedAdapter


def test_an_adapter_tells_whether_it_has_an_open_connection(web):
    request = requests.Request("GET", web.host("x", b"abc")).prepare()
    with closing(WatchedAdapter()) as adapter:
        assert not adapter.is_open()
        assert adapter.send(request, timeout=5).content == b"abc"
        assert adapter.is_open()
        adapter.close()
        assert not adapter.is_open()


def test_an_interrupted_connection_gives_an_error_where_it_is_read(web):
    request = requests.Request("GET", web.host("x", b"abc")).prepare()
    with closing(WatchedAdapter()) as adapter:
        web.always = lambda handler: (adapter.interrupt(), handler.served.ending.wait(), handler.hang_up())
        with pytest.raises(requests.ConnectionError):
            adapter.send(request, timeout=5)
