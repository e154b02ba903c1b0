"""Job files: what stands in them for each dialect, and that they run from a foreign folder with a bare environment."""

import subprocess
from pathlib import Path

import pytest
from law.job.base import JobInputFile
from law.target.local import LocalDirectoryTarget

from submit.pbs.job_files import (
    PBSJobFileFactory,
    format_memory,
    format_resources,
    make_local_directory,
    read_directives,
)
from submit.pbs.qstat import Dialect

OPENPBS, TORQUE = Dialect.OPENPBS, Dialect.TORQUE


@pytest.fixture
def factory(tmp_path):
    return lambda **more: PBSJobFileFactory(dir=str(tmp_path / "jobs"), **more)


def run(path):
    """Run a job file as PBS does: from the home folder, with a bare environment."""
    return subprocess.run([path], cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("dialect", "name", "needs"),
    [
        (OPENPBS, "ParseFile_12_a1b2c3", ["-l select=1:ncpus=2:mem=3gb", "-l walltime=01:30:05"]),
        (TORQUE, "Parse_12_a1b2c3", ["-l nodes=1:ppn=2,mem=3gb,walltime=01:30:05"]),
    ],
)
def test_everything_that_a_job_file_can_say(factory, tmp_path, dialect, name, needs):
    path, config = factory(command="pwd", queue="short").create(
        postfix="_1", job_name="ParseFile_12_a1b2c3", account="atlas", ncpus=2, memory="3 GB", walltime_s=5404.2,
        stdout=f"{tmp_path}/a.log", folder=str(tmp_path), custom_content=["-l place=pack"], dialect=dialect,
    )  # fmt: skip
    options = [f"-N {name}", "-q short", "-A atlas", f"-o {tmp_path}/a.log", *needs, "-j oe", "-r n", "-l place=pack"]
    lines = ["#!/bin/bash", *(f"#PBS {option}" for option in options), "", f"cd {tmp_path} || exit 1", "pwd"]
    assert path == f"{tmp_path}/jobs/pbs_job_1.sh"
    assert Path(path).read_text() == "\n".join([*lines, ""])
    assert config.queue == "short"
    assert run(path).stdout == f"{tmp_path}\n"


def test_little_is_said_where_little_is_known(factory, tmp_path):
    path, _ = factory(command="true").create()
    assert read_directives(Path(path)) == [("-l", "select=1:ncpus=1"), ("-j", "oe"), ("-r", "n")]
    assert Path(path).read_text().endswith(f"\ncd {tmp_path}/jobs || exit 1\ntrue\n")


def test_arguments_arrive_as_they_are(factory, tmp_path):
    words = ["a b", "$HOME", "'", '"', "`id`", ";", "é", "*", ""]
    path, _ = factory(command=["printf", "%s\\n"], arguments=words).create()
    assert run(path).stdout.splitlines() == words


def test_a_folder_that_is_not_there_ends_the_job(factory):
    path, _ = factory(command="touch was_here", folder="/no/folder here").create()
    assert run(path).returncode == 1
    assert not Path(path).with_name("was_here").exists()


def test_the_executable_is_copied_and_its_variables_filled_in(factory, tmp_path):
    script, data = tmp_path / "work.sh", tmp_path / "data.txt"
    script.write_text('#!/bin/bash\necho "{{word}}-{{input_files}}-{{nothing}}-$1"\n')
    data.write_text("{{word}}")
    made = factory()
    paths = []
    for number in (1, 2):
        path, config = made.create(
            postfix=f"_{number}", executable=str(script), arguments="x", render_variables={"word": f"w{number}"},
            input_files={"data": JobInputFile(data, share=True, render=False)},
        )  # fmt: skip
        paths.append(config.executable)
        copied = config.input_files["data"].path_sub_abs
        assert run(path).stdout == f"w{number}-{copied} {config.executable}--x\n"
        assert Path(copied).read_text() == "{{word}}"
        assert Path(copied).parent == Path(config.executable).parent == tmp_path / "jobs"
        assert config.render_variables["data"] == Path(copied).name
    assert len(set(paths)) == 2


def test_a_file_that_is_not_copied_stays_where_it_is(factory, tmp_path):
    (tmp_path / "work.sh").write_text("#!/bin/bash\necho {{word}}\n")
    (tmp_path / "work.sh").chmod(0o755)
    file = JobInputFile(tmp_path / "work.sh", copy=False)
    path, config = factory().create(executable=file, input_files={"executable_file": file})
    assert config.executable == f"{tmp_path}/work.sh"
    assert run(path).stdout == "{{word}}\n"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"command": None}, "needs a command or an executable"),
        ({"command": "true\nrm -rf x"}, "a job file cannot hold a line break: 'true"),
        ({"custom_content": ["-l a\n#PBS -q b"]}, "a job file cannot hold a line break: '#PBS -l a"),
        ({"arguments": ["a\nb"]}, "a job file cannot hold a line break"),
        ({"folder": "/a\nb"}, "a job file cannot hold a line break"),
        ({"queue": "a b"}, "accepts no value with white space: -q 'a b'"),
        ({"account": "a\n#PBS -q b"}, "accepts no value with white space: -A"),
        ({"stdout": "/a b/log"}, "accepts no value with white space: -o '/a b/log'"),
        ({"memory": "much"}, "'much' is no amount of memory"),
        ({"ncpus": 0}, "at least one core and some time: ncpus=0"),
        ({"walltime_s": 0.0}, "at least one core and some time: .* walltime_s=0.0"),
    ],
)
def test_values_that_cannot_stand_in_a_job_file(factory, more, error):
    with pytest.raises(ValueError, match=error):
        factory().create(**{"command": "true", **more})


@pytest.mark.parametrize("folder", [None, "", "/a b"])
def test_the_submit_host_s_own_folder_is_never_taken(folder):
    with pytest.raises(ValueError, match="job files need a directory that the nodes share"):
        PBSJobFileFactory(dir=folder)


def test_the_folder_of_law_cfg(configure, tmp_path):
    configure(pbs_job_file_dir=tmp_path / "there")
    made = PBSJobFileFactory()
    assert (made.dir, made.cleanup) == (f"{tmp_path}/there", False)
    configure(pbs_job_file_dir_mkdtemp=True)
    assert Path(PBSJobFileFactory().dir).parent == tmp_path / "there"


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", "2gb"), ("2g", "2gb"), (" 2048 mb ", "2048mb"), ("007kb", "7kb"), ("100B", "100b"), ("1TB", "1tb")],
)
def test_amounts_of_memory(text, size):
    assert format_memory(text) == size


@pytest.mark.parametrize("text", ["", "2", "2.5gb", "-1gb", "gb", "2gib", "2gb,ncpus=64", "0gb", "2gb\n#PBS -q x"])
def test_what_is_no_amount_of_memory(text):
    with pytest.raises(
        ValueError, match="is no amount of memory: write a whole number and b, kb, mb, gb or tb, as 2gb"
    ):
        format_memory(text)


@pytest.mark.parametrize(
    ("seconds", "time"), [(0.1, "00:00:01"), (59, "00:00:59"), (60.5, "00:01:01"), (360000, "100:00:00")]
)
def test_times(seconds, time):
    assert format_resources(OPENPBS, 1, None, seconds) == ["-l select=1:ncpus=1", f"-l walltime={time}"]
    assert format_resources(TORQUE, 1, None, seconds) == [f"-l nodes=1:ppn=1,walltime={time}"]


def test_directives_of_a_file_that_is_not_there(tmp_path):
    assert read_directives(tmp_path / "no.sh") == []


def test_local_folders(tmp_path):
    assert make_local_directory(tmp_path / "a").abspath == f"{tmp_path}/a"
    assert (tmp_path / "a").is_dir()
    target = LocalDirectoryTarget(str(tmp_path / "b"))
    assert make_local_directory(target) is target
