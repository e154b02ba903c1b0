"""The file that a job sources first: what it needs of the submitting environment, and where the project is."""

import os
import sys
from pathlib import Path

from targets.storage import atomic

__all__ = ["write_bootstrap"]

_PROJECT = Path(__file__).resolve().parents[2]
_FORWARDED_PATHS = (
    *("PIPELINE_VIEW", "LAW_CONFIG_FILE", "X509_USER_PROXY", "XDG_CACHE_HOME"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),  # requests and Python's ssl read them
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")  # requests reads both cases
_FORWARDED = (
    *("ATLAS_API_BASE_URL", "CERN_OPENDATA_BASE_URL"),
    *_PROXIES,
    *map(str.lower, _PROXIES),
)


def write_bootstrap(path: Path) -> None:
    """Write the file, unless it stands there already: it names this Python and sources submit/bootstrap.sh.

    Args:
        path: The file; nobody else may read it, since a proxy's address may hold a password.
    """
    values = {name: os.environ[name] for name in _FORWARDED if os.environ.get(name)}
    values |= {name: _make_absolute(os.environ[name]) for name in _FORWARDED_PATHS if os.environ.get(name)}
    lines = [
        *(f"export {name}={_quote(value)}" for name, value in values.items()),
        *_export_temporary_directory(),
        "export PIPELINE_JOB=1",
        "[ ! -w /tmp ] || export PIPELINE_NODE_TMP=/tmp",  # TMPDIR is each job's own, and connections are a node's
        f"export PIPELINE_BIN={_quote(str(Path(sys.executable).parent))}",
        f". {_quote(str(_PROJECT / 'submit' / 'bootstrap.sh'))} || return 1",
        f". {_quote(str(_PROJECT / 'submit' / 'job_hooks.sh'))}",
    ]
    text = "\n".join([*lines, ""])
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        atomic.write_text(path, text, private=True)


def _export_temporary_directory() -> list[str]:
    """Use the submitter's temporary directory in a job, where the node has it and the batch system names none."""
    if not (value := os.environ.get("TMPDIR")):
        return []
    folder = _quote(_make_absolute(value))
    return [f'[ -n "${{LAW_JOB_ORIGINAL_TMPDIR:-}}" ] || [ ! -w {folder} ] || export TMPDIR={folder}']


def _make_absolute(path: str) -> str:
    return str(Path(path).absolute())  # jobs start elsewhere


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
