"""Commands that a shell must find, and texts that law writes unquoted into its job script."""

import re
import shlex
import subprocess
from typing import Any, ClassVar

from law.config import Config

from submit.errors import NoCommandError

__all__ = ["CheckedCommand", "find_shell_characters", "replace_other_characters", "require_command"]

_ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)  # may precede a command, as SLURM_CONF=/etc/slurm.conf
_TIMEOUT_S = 60
_PLAIN = re.compile(r"[\w./,:@%+=-]")  # letters of any alphabet, digits, and characters without a meaning in shells


class CheckedCommand:
    """Base of law's job managers that submits only where the command exists; precedes law's class in the bases."""

    command: ClassVar[str]
    """Key of the submitting command in `[job]` of law.cfg."""

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Submit a job.

        Raises:
            NoCommandError: When the command does not exist, so that retries would fail too.
        """
        require_command(self.command)
        return super().submit(*args, **kwargs)  # type: ignore[misc] # law's job manager


def find_shell_characters(text: str) -> str:
    """Find the characters of a path or name that a shell would interpret.

    law's job script writes paths unquoted, or in quotation marks that do not keep ``$(…)`` from being executed.

    Args:
        text: The path or name.

    Returns:
        Each such character once, in the order of their first occurrence; empty when there is none.
    """
    return "".join(dict.fromkeys(_PLAIN.sub("", text)))


def replace_other_characters(name: str) -> str:
    """Return a name with an underscore for all but ASCII letters, digits and ``_ + . -``."""
    return re.sub(r"[^A-Za-z0-9_+.-]", "_", name)


def require_command(key: str) -> None:
    """Check that the shell finds a command.

    Args:
        key: Of `[job]` of law.cfg, as `slurm_cmd_sbatch`.

    Raises:
        NoCommandError: When the command does not exist or is not executable.
    """
    words = shlex.split(str(Config.instance().get_expanded("job", key)))
    name = next((word for word in words if not _ASSIGNMENT.fullmatch(word)), "")
    # the same shell as law's is asked, since the command may be one of its builtins, as exec
    answer = subprocess.run(["/bin/bash", "-c", 'type -t -- "$0"', name], capture_output=True, timeout=_TIMEOUT_S)
    if answer.returncode:
        msg = f"cannot run {name!r}: no such command, or it is not executable; see {key} in [job] of law.cfg"
        raise NoCommandError(msg)
