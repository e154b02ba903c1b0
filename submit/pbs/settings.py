"""The keys of PBS in the section `[job]` of law.cfg, with their defaults, as law's own batch systems have them."""

import shlex
from typing import Any

from law.config import Config
from law.util import parse_duration

__all__ = ["get_command", "get_directives", "get_seconds", "get_setting"]

_DEFAULTS: dict[str, Any] = {
    "pbs_job_file_dir": None,  # None: a directory `pbs_jobs` beside the job data
    "pbs_job_file_dir_mkdtemp": False,
    "pbs_job_file_dir_cleanup": False,
    "pbs_chunk_size_cancel": 25,
    "pbs_chunk_size_query": 500,  # of Torque, 25 at a time
    "pbs_job_query_timeout": None,  # times without a unit are seconds
    "pbs_cmd_qsub": "qsub",
    "pbs_cmd_qdel": "qdel",
    "pbs_cmd_qstat": "qstat",
    "pbs_cmd_timeout": 60,
    "pbs_dialect": "auto",  # or `openpbs`, `torque`
    "pbs_submit_patience": 300,
    "pbs_directives": None,  # further options of qsub, separated by `;` or line breaks: `-l place=pack; -W x=y`
}

# law reads the defaults of its own contribs before law.cfg; these come after, and what law.cfg or the environment
# (`LAW__job__pbs_cmd_qsub`) sets stays
Config._default_config.setdefault("job", {}).update(_DEFAULTS)
Config.instance().update({"job": _DEFAULTS}, overwrite_sections=True, overwrite_options=False)


def get_setting(key: str, kind: type | None = None) -> Any:
    """Return the value of a key, as *kind* (int, bool; None for text or what the default is); None when not set."""
    return Config.instance().get_expanded("job", key, default=None, type=kind)


def get_command(name: str) -> list[str]:
    """Return the words of a command: those of `qsub` are set by the key `pbs_cmd_qsub`."""
    return shlex.split(str(get_setting(f"pbs_cmd_{name}")))


def get_seconds(*keys: str) -> float:
    """Return the time, in seconds, of the first of the keys that is set."""
    return float(parse_duration(get_setting(Config.instance().find_option("job", *keys)), input_unit="s"))


def get_directives() -> list[str]:
    """Return the further options of qsub in `pbs_directives`, one an entry.

    Raises:
        ValueError: When one does not begin with `-` and a letter.
    """
    parts = str(get_setting("pbs_directives") or "").replace("\n", ";").split(";")
    options = [part.strip() for part in parts if part.strip()]
    for option in options:
        if not (option[0] == "-" and option[1:2].isalpha()):
            msg = f"law.cfg, [job] pbs_directives: {option!r} is no option of qsub; write as in '-l place=pack; -W x=y'"
            raise ValueError(msg)
    return options
