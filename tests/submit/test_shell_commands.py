"""Commands that a shell must find, and characters that it would interpret."""

import pytest
from law.config import Config

from submit.errors import NoCommandError
from submit.shell_commands import CheckedCommand, find_shell_characters, require_command


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("/Läufe,v=1+2@x%/a-b_c.d:e", ""),
        ("a b", " "),
        ("a$(touch${IFS}X)b$", "$({})"),
        ("*'\\`;", "*'\\`;"),
        ("", ""),
    ],
)
def test_characters_that_a_shell_interprets(text, characters):
    assert find_shell_characters(text) == characters


@pytest.mark.parametrize("command", ["true", "SLURM_CONF=/x exec true", "/bin/true -x"])
def test_commands_may_follow_variables_and_be_builtins(configure, command):
    configure(slurm_cmd_sbatch=command)
    require_command("slurm_cmd_sbatch")


@pytest.mark.parametrize(
    ("command", "name"),
    [("no-such-command -x", "no-such-command"), ("A=b /no/x", "/no/x"), ("/etc/passwd", "/etc/passwd")],
)
def test_a_command_that_does_not_exist_is_named_with_its_key(configure, command, name):
    configure(slurm_cmd_sbatch=command)
    message = f"cannot run '{name}': no such command, or it is not executable; see slurm_cmd_sbatch in .job. of law.cfg"
    with pytest.raises(NoCommandError, match=message):
        require_command("slurm_cmd_sbatch")


def test_nothing_is_submitted_without_the_command(configure):
    class Manager:
        def submit(self, *args):
            return args

    class Checked(CheckedCommand, Manager):
        command = "slurm_cmd_sbatch"

    configure(slurm_cmd_sbatch="true")
    assert Checked().submit("a", 1) == ("a", 1)
    configure(slurm_cmd_sbatch="no-such-command")
    with pytest.raises(NoCommandError):
        Checked().submit("a", 1)
    assert Config.instance().get("job", "slurm_cmd_sbatch") == "no-such-command"
