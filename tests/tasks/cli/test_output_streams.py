"""What cannot be printed is lost, and nothing else: runs go on, and end as they would have ended."""

import subprocess
import sys

import pytest

from tests.support.runs import LAW, LUIGI, PROJECT, clean_environment

UNPRINTABLE = {
    "a full disk": ">/dev/full 2>/dev/full",
    "closed": ">&- 2>&-",
    "closed with the input": "<&- >&- 2>&-",
    "open for reading alone": "1</dev/null 2</dev/null",
    "nobody reads": "> >(exec true) 2>&1",
}
INSTALL = f"import sys; sys.path.insert(0, '{PROJECT}/tasks/cli'); import output_streams; output_streams.install()"
"""Install the module alone: luigi and law, which tasks imports, take most of a second."""

PRINTS = f"""
import logging, sys
early = sys.stdout, logging.StreamHandler()
{INSTALL}
from tqdm import tqdm
logger = logging.getLogger("x")
logger.addHandler(early[1])
for _ in tqdm(range(1000), file=sys.stdout, mininterval=0):
    print("progress" * 20)
    print("as law does", file=early[0], flush=True)
    logger.warning("progress")
"""


def shell(command, redirection="", folder=None, **environment):
    """Run a command of bash, which has process substitution, and give status, output and errors."""
    words = " ".join(f"'{word}'" for word in command)
    done = subprocess.run(
        ["bash", "-c", f"{words} {redirection}"],
        cwd=folder or PROJECT,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


def python(code, redirection="", *options, **environment):
    return shell(
        [sys.executable, *options, "-c", code.replace("'", '"')],
        redirection,
        **{"PYTHONPATH": str(PROJECT)} | environment,
    )


@pytest.mark.parametrize("options", [(), ("-u",)], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("redirection", UNPRINTABLE.values(), ids=UNPRINTABLE)
def test_a_program_that_cannot_print_ends_as_it_would(redirection, options):
    assert python(f"{PRINTS}\nsys.exit(3)", redirection, *options)[0] == 3


@pytest.mark.parametrize("redirection", UNPRINTABLE.values(), ids=UNPRINTABLE)
def test_a_file_opened_later_does_not_get_what_is_printed(redirection, tmp_path):
    code = f"{PRINTS}\nimport os\nwith open('{tmp_path}/file', 'w') as file: print('late'); os.system('echo early')"
    assert python(code, redirection)[0] == 0
    assert (tmp_path / "file").read_text() == ""


def test_what_can_be_printed_is():
    status, output, errors = python(PRINTS)
    assert status == 0
    assert output.count("as law does\n") == 1000
    assert errors.count("progress\n") == 1000


def test_the_disk_under_a_log_has_space_again(tmp_path):
    reopened = f"os.dup2(os.open('{tmp_path / 'log'}', os.O_WRONLY | os.O_CREAT), 1)"
    code = f"import os; {INSTALL}\nprint('lost', flush=True)\n{reopened}\nprint('kept')"
    assert python(code, ">/dev/full")[0] == 0
    assert (tmp_path / "log").read_text() == "kept\n"


def test_characters_that_the_terminal_lacks_are_escaped():
    code = f"{INSTALL}\nprint(chr(0xE9))"
    assert python(code, PYTHONIOENCODING="ascii")[:2] == (0, "\\xe9\n")


def test_streams_that_were_replaced_are_left_alone():
    code = "import io, sys\nsys.stdout = io.StringIO()\nimport tasks\nsys.stderr.write(type(sys.stdout).__name__)"
    assert python(code)[2] == "StringIO"


def law_words(run, **parameters):
    words = run.arguments(**parameters)
    return [LAW, "run", f"tasks.{parameters['task']}", *words[words.index("--local-scheduler") :]]


@pytest.mark.parametrize(
    ("front", "threads", "redirection"),
    [("luigi", 2, "> >(exec head -1) 2>&1"), ("law", 1, ">/dev/full 2>/dev/full"), ("law", 2, "<&- >&- 2>&-")],
)
def test_a_run_that_cannot_print_goes_on(front, threads, redirection, run):
    given = {"task": "ParseFile", "threads": threads}
    words = [LUIGI, *run.arguments(**given)] if front == "luigi" else law_words(run, **given)
    places = {"LAW_HOME": str(run.folder / "law"), "LAW_CONFIG_FILE": str(PROJECT / "law.cfg")}
    assert shell(words, redirection, run.folder, **places if front == "law" else {})[0] == 0
    assert len(run.products("parsed_data")) == 3


def test_a_run_that_fails_and_cannot_print_says_so_by_its_status(run, files):
    files[0].write_text("no ROOT file")
    words = [LUIGI, *run.arguments(task="ParseFile")]
    assert shell(words, ">/dev/full 2>/dev/full", run.folder)[0] == 30
    assert len(run.products("parsed_data")) == 2
