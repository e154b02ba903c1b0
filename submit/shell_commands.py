"""What goes through a shell: commands that must be there, and texts that law puts into its job script unquoted."""

import re
import shlex
import subprocess
from typing import Any, ClassVar

from law.config import Config

from submit.errors import NoCommandError

__all__ = ["ThroughShell", "not_plain", "require"]

_ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)  # may stand before a command, as SLURM_CONF=/etc/slurm.conf
_PATIENCE_S = 60
_PLAIN = re.compile(r"[\w./,:@%+=-]")  # letters of any alphabet, digits, and what no shell takes for its own


class ThroughShell:
    """Stands before law's manager of jobs in the list of bases: submits where its command is there."""

    command: ClassVar[str]
    """Key of the command that submits, of `[job]` of law.cfg."""

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Submit a job.

        Raises:
            NoCommandError: When there is no such command, so that later tries would fail too.
        """
        require(self.command)
        return super().submit(*args, **kwargs)  # type: ignore[misc] # law's manager


def not_plain(text: str) -> str:
    """Find the characters of a path or name that a shell would not take as they are.

    law's job script holds paths without quotation marks, or within such as do not keep ``$(…)`` from being executed.

    Args:
        text: The path or name.

    Returns:
        Each such character once, in the order in which they stand; empty when there is none.
    """
    return "".join(dict.fromkeys(_PLAIN.sub("", text)))


def require(key: str) -> None:
    """Make sure that the shell finds a command.

    Args:
        key: Of `[job]` of law.cfg, as `slurm_cmd_sbatch`.

    Raises:
        NoCommandError: When there is no such command, or it may not be run.
    """
    words = shlex.split(str(Config.instance().get_expanded("job", key)))
    name = next((word for word in words if not _ASSIGNMENT.fullmatch(word)), "")
    # law's shell is asked, for only it knows its own words, as exec
    asked = subprocess.run(["/bin/bash", "-c", 'type -t -- "$0"', name], capture_output=True, timeout=_PATIENCE_S)
    if asked.returncode:
        msg = f"cannot run {name!r}: no such command, or it may not be run; see {key} in [job] of law.cfg"
        raise NoCommandError(msg)
