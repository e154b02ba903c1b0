"""Questions to web servers: what is followed, what is refused, and what may be tried again."""

import re
import shutil
import ssl
import subprocess
import threading
from types import SimpleNamespace

import pytest

from targets.network import client
from targets.network.client import Connection
from targets.network.retry import RefusedError, Traffic, TransientError, Version
from tests.support import faults
from tests.support.faults import IMPATIENT, QUICK

BODY = bytes(range(256)) * 40


@pytest.fixture
def url(web):
    return web.host("folder/x.root", BODY)


def ask(url, policy=QUICK, **headers):
    """Ask for a file and return status, body and version."""
    with Connection(policy, Traffic()) as connection, connection.get(url, headers) as answer:
        return answer.status, b"".join(answer.blocks()), answer.version


def test_a_healthy_server_gives_the_whole_file(url):
    assert ask(url) == (200, BODY, Version('"1"', "Wed, 01 Jan 2020 00:00:00 GMT", len(BODY)))


def test_a_healthy_server_gives_a_part(url):
    with Connection(QUICK, Traffic()) as connection, connection.get(url, {"Range": "bytes=10-19"}) as answer:
        assert (answer.status, answer.start, answer.stop, answer.length) == (206, 10, 20, 10)
        assert answer.version.size == len(BODY)
        assert b"".join(answer.blocks()) == BODY[10:20]


def test_who_asks_is_named_and_wants_plain_bytes(url, web):
    ask(url)
    ((_, headers),) = web.asked
    assert headers["User-Agent"].startswith("atlas-open-data-pipeline/")
    assert headers["Accept-Encoding"] == "identity"


def test_the_version_of_who_asks_is_that_of_the_installation():
    assert re.fullmatch(r"atlas-open-data-pipeline/\d+\.\d+.*", client.user_agent())


def test_a_checkout_that_is_not_installed_has_no_version(monkeypatch):
    def missing(name):
        raise client.PackageNotFoundError(name)

    monkeypatch.setattr(client, "version", missing)
    assert client.user_agent.__wrapped__() == "atlas-open-data-pipeline/unknown"


def test_bytes_and_requests_are_counted(url, web):
    traffic = Traffic()
    with Connection(QUICK, traffic) as connection:
        for _ in range(3):
            with connection.get(url, {"Range": "bytes=0-99"}) as answer:
                list(answer.blocks())
    assert traffic == Traffic(300, 3)


def test_a_line_keeps_one_connection_and_closes_it(url, web):
    with Connection(QUICK, Traffic()) as connection:
        for _ in range(5):
            with connection.get(url, {}) as answer:
                list(answer.blocks())
        assert web.connections == 1
    assert faults.settles(lambda: web.open == 0)


def test_a_line_can_be_used_again(url, web):
    connection = Connection(QUICK, Traffic())
    for _ in range(2):
        with connection, connection.get(url, {}) as answer:
            assert b"".join(answer.blocks()) == BODY
    assert web.connections == 2


def test_an_answer_that_is_not_read_costs_its_connection(url, web):
    with Connection(QUICK, Traffic()) as connection:
        with connection.get(url, {}):
            pass
        with connection.get(url, {}) as answer:
            assert b"".join(answer.blocks()) == BODY


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (401, "wants a login: this project reads open data only"),
        (403, "refuses to give it: check whether it is open data"),
        (404, "has no such file: check the address, or make the list of files anew with --refresh-metadata"),
        (410, "no longer has it"),
        (418, "gives an answer that is no file: check the address"),
        (204, "gives an answer that is no file"),
    ],
)
def test_what_is_refused_fails_at_once(url, web, code, words):
    web.always = faults.status(code)
    with pytest.raises(RefusedError, match=rf"^{url}: the server {words}.*\(status {code}\)$"):
        ask(url)
    assert len(web.asked) == 1


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_trouble_may_pass(url, web, code):
    web.always = faults.status(code)
    with pytest.raises(TransientError, match=rf"busy or in trouble \(status {code}\)"):
        ask(url)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
        ("9" * 5000, None),
    ],
)
@pytest.mark.parametrize("code", [429, 503])
def test_what_a_server_asks_to_wait_is_passed_on(url, web, code, value, seconds):
    web.always = faults.status(code, Retry_After=value)
    with pytest.raises(TransientError) as caught:
        ask(url)
    assert caught.value.wait_s == seconds


def test_nobody_listens():
    with pytest.raises(
        TransientError, match=r"127.0.0.1 cannot be reached or gave no answer \(ConnectionError: .*refused"
    ):
        ask(f"http://127.0.0.1:{faults.closed_port()}/x")


def test_an_unknown_host():
    with pytest.raises(TransientError, match="cannot be reached"):
        ask("http://no-such-host.invalid/x")


@pytest.mark.parametrize(
    "fault",
    [
        faults.drop_head,
        faults.raw(b"garbage\r\n\r\n"),
        faults.raw(b"HTTP/1.1 abc def\r\n\r\n"),
        faults.raw(b"HTTP/1.1 200 OK\r\n"),
        faults.raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
        faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n"),
        faults.raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"),
        faults.raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"),
        faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
    ],
    ids=[
        "nothing",
        "garbage",
        "status",
        "no header",
        "part of a header",
        "part of a head",
        "many headers",
        "long header",
        "two lengths",
    ],
)
def test_an_answer_that_is_none_may_pass(url, web, fault):
    web.always = fault
    with pytest.raises(TransientError, match="cannot be reached or gave no answer"):
        ask(url)


@pytest.mark.parametrize("reset", [False, True])
def test_an_answer_that_breaks_off(url, web, reset):
    web.faults = [faults.drop(1000, reset)]
    with pytest.raises(TransientError, match="the answer broke off"):
        ask(url)


@pytest.mark.parametrize("after", [0, 1000])
def test_an_answer_that_stalls(url, web, after):
    web.faults = [faults.stall(after)]
    with pytest.raises(TransientError, match=r"the answer broke off \(.*[Tt]imed out"):
        ask(url, IMPATIENT)


def test_an_answer_that_does_not_come(url, web):
    web.faults = [faults.stall_head]
    with pytest.raises(TransientError, match=r"gave no answer \(.*[Tt]imed out"):
        ask(url, IMPATIENT)


def test_an_answer_that_drips(url, web):
    web.faults = [faults.drip(0.01)]
    with pytest.raises(TransientError, match=r"\d+ bytes came in 0\.\d s: too slow"):
        ask(url, IMPATIENT)


def test_an_answer_that_drips_after_a_fast_start(web):
    url = web.host("large", bytes(2_000_000))
    web.faults = [faults.drip(0.01, after=1_900_000)]
    with pytest.raises(TransientError, match="too slow"):
        ask(url, IMPATIENT)


def test_a_length_that_no_file_has_is_no_length(url, web):
    web.always = faults.headers(Content_Length="9" * 5000)
    with Connection(QUICK, Traffic()) as connection, connection.get(url, {}) as answer:
        assert answer.length is None


def test_a_head_that_drips(url, web):
    web.faults = [faults.drip_head(0.01)]
    with pytest.raises(TransientError, match="cannot be reached or gave no answer"):
        ask(url, IMPATIENT)


def test_packed_answers_are_refused(url, web):
    web.always = faults.headers(Content_Encoding="gzip")
    with pytest.raises(RefusedError, match="the server sends it packed \\('gzip'\\), which was not asked for"):
        ask(url)


@pytest.mark.parametrize("location", ["/folder/x.root", "x.root", "?y=1", "//127.0.0.1:{port}/folder/x.root"])
def test_redirects_are_followed_on_the_same_host(url, web, location):
    web.host("folder/x.root?y=1", BODY)
    web.faults = [faults.redirect(location.format(port=web.port))]
    status, body, _ = ask(url.replace("x.root", "old.root") if "?" not in location else url)
    assert (status, body) == (200, BODY)


def test_redirects_are_followed_to_another_server_with_the_same_headers(url, web):
    with faults.serving() as other:
        there = other.host("y.root", BODY)
        web.faults = [faults.redirect(there)]
        assert ask(url, Range="bytes=5-9")[:2] == (206, BODY[5:10])
        assert other.ranges() == ["bytes=5-9"]


def test_a_redirect_to_another_host_takes_its_slot_and_gives_back_the_first(url, web):
    here, there = url, url.replace("127.0.0.1", "localhost")
    web.faults = [faults.redirect(there)] * 1
    held = []
    real = client.take_slot

    def watched(host, *arguments):
        slot = real(host, *arguments)
        held.append(host)
        return SimpleNamespace(release=lambda: (held.append(f"-{host}"), slot.release()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "take_slot", watched)
        assert ask(here)[1] == BODY
    assert held == ["127.0.0.1", "-127.0.0.1", "localhost", "-localhost"]


def test_the_body_of_a_redirect_is_not_read(url, web):
    def endless(handler):
        handler.head(302, {"Location": url, "Content-Length": str(10**12)})
        handler.send(bytes(100_000))
        handler.served.ending.wait()
        handler.hang_up()

    web.faults = [endless]
    assert ask(url.replace("x.root", "old.root"))[:2] == (200, BODY)


def test_redirects_in_a_circle_end(url, web):
    web.always = faults.redirect(url)
    with pytest.raises(RefusedError, match=f"^{url}: redirected more than 5 times, last to {url}: check the address"):
        ask(url)
    assert len(web.asked) == 6


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://h/x",
        "root://h//x",
        "javascript:1",
        "",
        "http://h/../x",
        "http://[/x",
        "http://h/%0d%0aX",
        "http://h/" + "x" * 5000,
    ],
)
def test_redirects_to_other_places_are_refused(url, web, location):
    web.always = faults.redirect(location)
    with pytest.raises(RefusedError, match=r"redirected to .*, where this project does not follow: check the address"):
        ask(url)
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("uri", "location", "followed"),
    [
        ("http://example.org/x.root", "http://127.0.0.1:631/x.root", False),
        ("http://example.org/x.root", "http://169.254.169.254/latest/x", False),
        ("http://example.org/x.root", "http://other.example.org/x.root", True),
        ("http://10.0.0.1/x.root", "http://10.0.0.2/x.root", True),
        ("http://10.0.0.1/x.root", "http://example.org/x.root", True),
    ],
)
def test_a_server_outside_does_not_send_us_to_this_machine_or_its_network(uri, location, followed):
    response = SimpleNamespace(headers={"Location": location})
    if followed:
        assert client._redirected(uri, uri, response) == location
        return
    with pytest.raises(RefusedError, match=f"^{uri}: redirected to '{location}', where this project does not follow"):
        client._redirected(uri, uri, response)


def test_a_redirect_without_a_target_is_refused(url, web):
    web.always = faults.status(302)
    with pytest.raises(RefusedError, match="redirected to '', where this project does not follow"):
        ask(url)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of loopback that nobody has signed."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("needs the command openssl")
    folder = tmp_path_factory.mktemp("tls")
    names = ["-keyout", folder / "key", "-out", folder / "certificate", "-subj", "/CN=h", "-days", "2"]
    names += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context, folder / "certificate"


@pytest.fixture
def secure(certificate, slots):
    """A server over TLS."""
    with faults.serving(tls=certificate[0]) as server:
        server.host("x.root", BODY)
        yield server


def test_a_certificate_that_nobody_signed_is_refused(secure):
    with pytest.raises(RefusedError, match=r"certificate of 127.0.0.1 is not trusted .*REQUESTS_CA_BUNDLE"):
        ask(f"{secure.url}/x.root")
    assert secure.asked == []


def test_files_come_over_tls(secure, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))
    assert ask(f"{secure.url}/x.root")[:2] == (200, BODY)


def test_nothing_leads_from_https_to_http(secure, certificate, monkeypatch, url, web):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))
    secure.always = faults.redirect(url)
    with pytest.raises(RefusedError, match=f"redirected to '{url}', where this project does not follow"):
        ask(f"{secure.url}/x.root")
    assert web.asked == []


def test_a_head_that_drips_over_tls(secure, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))
    secure.faults = [faults.drip_head(0.01)]
    with pytest.raises(TransientError, match="cannot be reached or gave no answer"):
        ask(f"{secure.url}/x.root", IMPATIENT)


@pytest.mark.parametrize("address", ["http://h:99999/x", "http://a..b/x", "http:///x", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(address, slots):
    with pytest.raises(RefusedError, match="is no address to read from"):
        ask(address)


def test_the_slot_is_held_while_the_line_is_open(url, slots):
    got = threading.Event()

    def other():
        ask(url, faults.QUICK_ALONE)
        got.set()

    with Connection(faults.QUICK_ALONE, Traffic()) as connection, connection.get(url, {}):
        thread = threading.Thread(target=other)
        thread.start()
        assert not got.wait(0.3)
    thread.join()
    assert got.is_set()
