"""The keys of law.cfg that belong to PBS, with their defaults, as law's own batch systems have them."""

import shlex
from typing import Any

from law.config import Config
from law.util import parse_duration

__all__ = ["command", "config_defaults", "directives", "flag", "number", "register", "seconds", "value"]

_FAMILY = "job"


def config_defaults(default_config: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the defaults of the section `[job]`; law asks its contribs for them under this name.

    Args:
        default_config: law's own defaults; not used.

    Returns:
        Section and key to value. Times without a unit are seconds; `pbs_dialect` is `auto`, `openpbs` or `torque`;
        `pbs_directives` holds further options of qsub for every job, separated by `;` or line breaks, as
        `-l place=pack; -W group_list=atlas`; `pbs_job_file_dir` None means a folder `pbs_jobs` beside the job data.
    """
    del default_config
    return {
        _FAMILY: {
            "pbs_job_file_dir": None,
            "pbs_job_file_dir_mkdtemp": False,
            "pbs_job_file_dir_cleanup": False,
            "pbs_chunk_size_cancel": 25,
            "pbs_chunk_size_query": 25,
            "pbs_job_query_timeout": None,
            "pbs_cmd_qsub": "qsub",
            "pbs_cmd_qdel": "qdel",
            "pbs_cmd_qstat": "qstat",
            "pbs_cmd_timeout": 60,
            "pbs_dialect": "auto",
            "pbs_submit_patience": 300,
            "pbs_directives": None,
        }
    }


def register() -> None:
    """Make the defaults known to law; what law.cfg or the environment (`LAW__job__pbs_cmd_qsub`) says stays.

    law reads the defaults of its own contribs before it reads law.cfg; those of others come after.
    """
    defaults = config_defaults({})
    Config._default_config.setdefault(_FAMILY, {}).update(defaults[_FAMILY])
    Config.instance().update(defaults, overwrite_sections=True, overwrite_options=False)


def command(name: str) -> list[str]:
    """Return the words of a command, as `[job] pbs_cmd_qsub` gives those of `qsub`."""
    return shlex.split(str(Config.instance().get_expanded(_FAMILY, f"pbs_cmd_{name}")))


def number(key: str) -> int:
    """Return the whole number of a key of `[job]`."""
    found: int = Config.instance().get_expanded_int(_FAMILY, key)
    return found


def flag(key: str) -> bool:
    """Return whether a key of `[job]` is true."""
    found: bool = Config.instance().get_expanded_bool(_FAMILY, key)
    return found


def seconds(*keys: str) -> float:
    """Return the time, in seconds, of the first of the keys of `[job]` that is set."""
    config = Config.instance()
    return float(parse_duration(config.get_expanded(_FAMILY, config.find_option(_FAMILY, *keys)), input_unit="s"))


def value(key: str) -> Any:
    """Return the value of a key of `[job]`, None where it is not set."""
    return Config.instance().get_expanded(_FAMILY, key, default=None)


def directives() -> list[str]:
    """Return the further options of `[job] pbs_directives`, one an entry.

    Raises:
        ValueError: When one does not begin with `-` and a letter.
    """
    text = str(value("pbs_directives") or "")
    found = [part.strip() for line in text.splitlines() for part in line.split(";") if part.strip()]
    for one in found:
        if not (one[0] == "-" and one[1:2].isalpha()):
            msg = f"law.cfg, [job] pbs_directives: {one!r} is no option of qsub; write as in '-l place=pack; -W x=y'"
            raise ValueError(msg)
    return found


register()
