"""Requests to portals: names, patience, limits."""

import gzip
import json
import time
from dataclasses import replace

import pytest

import targets.network.portal
from targets.errors import PortalError
from targets.network.client import user_agent
from targets.network.portal import NotFoundError, fetch_json


def ask(portal):
    return fetch_json(f"{portal.url}/list", {"page": 1})


def test_the_project_is_named(portal):
    ask(portal)
    assert portal.agents == {user_agent()}


@pytest.mark.parametrize("faults", [[503, 500, 502, 504], [429], ["drop", 503, "drop"], ["truncate", "truncate"]])
def test_a_burst_of_faults_passes(portal, faults):
    portal.answer = lambda path, query: ["here", query]
    portal.faults = list(faults)
    assert ask(portal) == ["here", {"page": "1"}]
    assert len(portal.asked) == len(faults) + 1


@pytest.mark.parametrize(
    ("faults", "message", "asked"),
    [
        ([503] * 9, r"/list: the server is busy or in trouble \(status 503\); given up after 5 .* try again later", 5),
        ([403] * 9, r"/list\?page=1: the server refuses to give it: .* \(status 403\); files on this machine", 1),
        (
            ["drop"] * 9,
            r"/list: .* cannot be reached or gave no answer \(Conn.* check the.*input_files",
            5,
        ),
        (["truncate"] * 9, r"/list: the answer broke off \(.*; given up after 5 .* try again later", 5),
        ([b"<html>Sign in</html>"], r"/list answers with .* not JSON, starting '<html>Sign in.*login page or proxy", 1),
        ([b"[" * 100_000], r"/list answers with something that is not JSON", 1),
        ([b"\xff\xfe{}"], r"/list answers with something that is not JSON", 1),
        ([(302, {"Location": "/list"})] * 9, r"/list\?page=1: redirected more than 5 times, last to http:.*/list:", 6),
    ],
)
def test_faults_that_stay_end_in_a_sentence(portal, faults, message, asked):
    portal.answer = lambda path, query: ["here"] * 1000
    portal.faults = faults
    with pytest.raises(PortalError, match=message):
        ask(portal)
    assert len(portal.asked) == asked


def test_a_missing_page_has_its_own_error(portal):
    portal.faults = [404]
    with pytest.raises(NotFoundError, match=r"/list does not exist \(status 404\): check the name or number"):
        ask(portal)


def test_a_server_that_is_down_is_named(portal):
    with pytest.raises(PortalError, match=r"127.0.0.1:1/x: 127.0.0.1 cannot be reached .*refused"):
        fetch_json("http://127.0.0.1:1/x", {})


def test_an_answer_that_is_too_large_is_not_taken(portal, monkeypatch):
    monkeypatch.setattr(targets.network.portal, "MAX_ANSWER_BYTES", 100_000)
    portal.answer = lambda path, query: "x" * 100_000
    with pytest.raises(PortalError, match=r"/list sends more than 100000 bytes: that is no list of files"):
        ask(portal)
    portal.answer = lambda path, query: "x" * (100_000 - 2)  # with its quotes exactly at the limit
    assert len(ask(portal)) == 99_998


def test_an_answer_that_takes_too_long_is_given_up(portal, monkeypatch):
    monkeypatch.setattr(targets.network.portal, "MAX_ANSWER_SECONDS", -1.0)
    with pytest.raises(PortalError, match=r"/list did not finish its answer within"):
        ask(portal)


def test_patience_asked_for_is_given_but_not_for_hours(portal, monkeypatch):
    policy = replace(targets.network.portal.POLICY, longest_wait_s=0.2)
    monkeypatch.setattr(targets.network.portal, "POLICY", policy)
    portal.faults = [(429, {"Retry-After": "86400"})]
    start = time.monotonic()
    ask(portal)
    assert 0.2 <= time.monotonic() - start < 60


def test_packed_answers_are_unpacked(portal):
    text = json.dumps(list(range(300_000))).encode()
    portal.faults = [(gzip.compress(text), {"Content-Encoding": "gzip"})]
    assert ask(portal) == list(range(300_000))


def test_an_unpacked_answer_may_not_be_too_large_either(portal, monkeypatch):
    monkeypatch.setattr(targets.network.portal, "MAX_ANSWER_BYTES", 100_000)
    portal.faults = [(gzip.compress(bytes(100_001)), {"Content-Encoding": "gzip"})]
    with pytest.raises(PortalError, match=r"/list sends more than 100000 bytes"):
        ask(portal)
