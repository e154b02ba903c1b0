"""Addresses of files: one spelling each, and what is refused."""

import pytest

from targets.errors import PortalError
from targets.network.uris import is_root_file, local_problem, portal_uri, suffix, uncached, uri_problem, web_uri

PORTAL = "https://opendata.cern.ch"


@pytest.mark.parametrize(
    "uri",
    [
        "root://eospublic.cern.ch//eos/opendata/cms/x.root",
        "root://eospublic.cern.ch:1094//eos/opendata/cms/x.root",
        "root://eospublic.cern.ch/eos/opendata/cms/x.root",
        "http://opendata.cern.ch/eos/opendata/cms/x.root",
        "http://opendata.cern.ch//eos/opendata/cms/x.root",
        "https://opendata.cern.ch/eos/opendata/cms/x.root",
    ],
)
def test_a_file_on_cerns_public_storage_has_one_spelling(uri):
    assert web_uri(uri) == "https://opendata.cern.ch/eos/opendata/cms/x.root"
    assert portal_uri(uri, "record 1", PORTAL) == web_uri(uri)


@pytest.mark.parametrize(
    "uri",
    ["root://eosatlas.cern.ch//eos/x.root", "https://example.org/x.root", "root://eospublic.cern.ch//tmp/x.root", "/x"],
)
def test_what_lies_elsewhere_keeps_its_name(uri):
    assert web_uri(uri) == uri


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("https://h/a/../b.root", "steps out of its folder by '..'"),
        ("https://h/a/%2e%2E/b.root", "steps out of its folder by '..'"),
        ("https://h/a/%252e%252e/b.root", "steps out of its folder by '..'"),
        ("https://h/a\\..\\b.root", "steps out of its folder by '..'"),
        ("root://h//eos/../../etc/passwd.root", "steps out of its folder by '..'"),
        ("https://h/a\nb.root", "holds control characters"),
        ("https://h/a\x1b[31mb.root", "holds control characters"),
        ("https://h/a%00b.root", "holds control characters"),
        ("https://h/a\u202etoor.root", "holds control characters"),
        ("file:///etc/passwd", "is not an address of one of the protocols http, https, root"),
        ("/etc/passwd.root", "is not an address of one of the protocols"),
        ("simplecache::https://h/x.root", "is not an address of one of the protocols"),
        ("", "is not an address of one of the protocols"),
        ("https:///x.root", "lacks a host or a path"),
        ("https://host", "lacks a host or a path"),
        ("https://[::1/x.root", "is not a URL"),
        ("https://h/" + "x" * 2048, "is longer than 2048 characters"),
    ],
)
def test_an_unfit_uri_is_refused(uri, problem):
    assert uri_problem(uri).startswith(problem)
    with pytest.raises(PortalError, match=r"^record 7 lists the file .*: not read; please tell the portal's") as raised:
        portal_uri(uri, "record 7", PORTAL)
    assert problem in str(raised.value)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("uri", [None, 3, ["https://h/x.root"], {"uri": "https://h/x.root"}])
def test_what_is_no_text_is_refused(uri):
    with pytest.raises(PortalError, match=r"record 7 lists the file .*, which is not a text"):
        portal_uri(uri, "record 7", PORTAL)


@pytest.mark.parametrize("uri", ["https://h/a..b.root", "https://h/..a/x.root", "https://h/with space/ü.root"])
def test_a_fit_uri_is_taken(uri):
    assert uri_problem(uri) is None


@pytest.mark.parametrize(
    ("uri", "root", "end"),
    [
        ("https://h/x.root", True, ".root"),
        ("https://h/DAOD_PHYSLITE.37019878._000001.pool.root.1", True, ".1"),  # so are all files of 2024r-pp named
        ("https://h/x.root?token=a/b.zip", True, ".root"),
        ("https://h/x.root?token=1", True, ".root"),
        ("https://h/x.zip", False, ".zip"),
        ("https://h/x.root.zip", False, ".zip"),
        ("https://h/x.root/y.txt", False, ".txt"),
        ("https://h/README", False, "(none)"),
        ("https://h/.root", False, ".root"),
        ("https://h/x.ROOT", False, ".ROOT"),
    ],
)
def test_root_files_are_known_by_their_name(uri, root, end):
    assert is_root_file(uri) is root
    assert suffix(uri) == end


HERE, NEAR = "points to this machine", "points to a private or link-local network"


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("localhost", HERE),
        ("LocalHost.", HERE),
        ("a.localhost:8080", HERE),
        ("127.0.0.1", HERE),
        ("127.8.9.1:80", HERE),
        ("127.1", HERE),
        ("0x7f000001", HERE),
        ("2130706433", HERE),
        ("0177.0.0.1", HERE),
        ("0.0.0.0", HERE),
        ("[::1]", HERE),
        ("[::]:1094", HERE),
        ("[::ffff:127.0.0.1]", HERE),
        ("10.1.2.3", NEAR),
        ("172.16.0.1", NEAR),
        ("192.168.1.1", NEAR),
        ("169.254.169.254", NEAR),
        ("100.64.0.1", NEAR),
        ("[fe80::1]", NEAR),
        ("[fe80::1%25eth0]", NEAR),
        ("[fd00::1]", NEAR),
        ("[::ffff:10.0.0.1]", NEAR),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https", "root"])
def test_a_portal_cannot_send_us_to_this_machine_or_its_network(scheme, host, problem):
    uri = f"{scheme}://{host}/eos/x.root"
    assert uri_problem(uri) is None
    assert local_problem(uri) == problem
    with pytest.raises(PortalError, match=f"^record 7 lists the file .*, which {problem}: not read; please tell the"):
        portal_uri(uri, "record 7", PORTAL)
    assert portal_uri(uri, "record 7", "http://127.0.0.1:5000") == uri
    assert portal_uri(uri, "record 7", "http://portal.localhost") == uri


def test_a_portal_cannot_send_us_to_this_machine_by_its_name(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Login7")
    with pytest.raises(PortalError, match="points to this machine"):
        portal_uri("https://login7:631/x.root", "record 7", PORTAL)


@pytest.mark.parametrize("host", ["128.142.1.1", "[2001:1458:201:e1::100:1d]", "eospublic.cern.ch", "10.example.org"])
def test_addresses_elsewhere_are_taken(host):
    assert local_problem(f"https://{host}:8443/x.root") is None


@pytest.mark.parametrize("login", ["user@", "user:secret@", ":secret@", "@"])
@pytest.mark.parametrize("portal", [PORTAL, "http://127.0.0.1:5000"])
def test_a_user_or_a_password_from_a_portal_is_refused(login, portal):
    uri = f"https://{login}example.org/x.root"
    with pytest.raises(PortalError, match="which holds a user or a password: not read"):
        portal_uri(uri, "record 7", portal)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("simplecache::https://h/x.root", "https://h/x.root"),
        ("filecache::simplecache::root://h//x.root", "root://h//x.root"),
        ("https://h/simplecache::x.root", "https://h/simplecache::x.root"),
        ("zip::https://h/x.zip", "zip::https://h/x.zip"),
    ],
)
def test_caches_of_fsspec_before_an_address_are_no_part_of_it(address, expected):
    assert uncached(address) == expected
