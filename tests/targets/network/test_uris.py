"""Addresses of files: one spelling each, and what is refused."""

import pytest

from targets.errors import PortalError
from targets.network.uris import is_root_file, portal_uri, suffix, uri_problem, web_uri


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
    assert portal_uri(uri, "record 1") == web_uri(uri)


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
        portal_uri(uri, "record 7")
    assert problem in str(raised.value)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("uri", [None, 3, ["https://h/x.root"], {"uri": "https://h/x.root"}])
def test_what_is_no_text_is_refused(uri):
    with pytest.raises(PortalError, match=r"record 7 lists the file .*, which is not a text"):
        portal_uri(uri, "record 7")


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
