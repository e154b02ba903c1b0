"""law's job file factory for PBS: a script with directives that every dialect understands."""

import re
import shlex
import stat
from pathlib import Path
from typing import Any

from law.job.base import BaseJobFileFactory, JobInputFile
from law.target.file import FileSystemDirectoryTarget, get_path
from law.target.local import LocalDirectoryTarget

from submit.jobs.job_script import export_log
from submit.jobs.requests import format_time, parse_memory
from submit.pbs.qstat import Dialect, format_job_name
from submit.pbs.settings import get_setting
from submit.shell_commands import find_shell_characters
from targets.storage import atomic

__all__ = ["PBSJobFileFactory", "format_memory", "format_resources", "make_local_directory", "read_directives"]

_DEFAULTS: dict[str, Any] = {
    "file_name": "pbs_job.sh",  # of job files, before the postfix
    "command": None,  # what the job runs, as text for the shell or as words; or
    "executable": None,  # a file that it runs, which is copied beside the job file
    "arguments": None,  # of either, as text for the shell or as words
    "shell": "/bin/bash",  # absolute path of the job's shell
    "input_files": {},  # names and files that are copied beside the job file; law fills in their variables
    "job_name": None,  # is formatted for the dialect
    "queue": None,  # None for the server's default
    "account": None,
    "ncpus": 1,  # cores
    "memory": None,  # of the whole job, as `2gb`; None for the server's default
    "walltime_s": None,  # None for the server's default
    "stdout": None,  # absolute path of the log; None to let PBS choose
    "folder": None,  # the absolute directory where the job runs; None for that of the job file
    "custom_content": (),  # further options of qsub, one an entry, as `-l place=pack`
    "dialect": Dialect.OPENPBS,
}


class PBSJobFileFactory(BaseJobFileFactory):
    """Writes job files, and the files that jobs need, into one directory that the nodes share.

    PBS starts a job in the home directory with a bare environment, so every path in a job file is absolute and its
    first command is a `cd`. Standard output and error of a job go into one log.

    Args:
        **kwargs: The keys of `_DEFAULTS`, and those of law's own factory; its `dir` is the directory, by default
            `[job] pbs_job_file_dir` of law.cfg.

    Raises:
        ValueError: When there is no directory, or its path has blanks or characters with a meaning in shells, since
            law's job script does not quote it.
    """

    config_attrs = [*BaseJobFileFactory.config_attrs, *_DEFAULTS]  # noqa: RUF012 # law's factories are like this

    def __init__(self, **kwargs: Any) -> None:
        self.cleanup = False  # law reads it when the object is deleted, even if this constructor failed
        for key, value in _DEFAULTS.items():
            setattr(self, key, kwargs.pop(key, value))
        for key, setting, kind in (
            ("dir", "pbs_job_file_dir", str),
            ("mkdtemp", "pbs_job_file_dir_mkdtemp", bool),
            ("cleanup", "pbs_job_file_dir_cleanup", bool),
        ):
            if kwargs.get(key) is None:
                kwargs[key] = get_setting(setting, kind)
        if not kwargs["dir"] or find_shell_characters(str(kwargs["dir"])):
            msg = (
                "job files need a directory that the nodes share, without blanks and characters with a meaning in "
                f"shells in its path: {kwargs['dir']!r}"
            )
            raise ValueError(msg)
        super().__init__(**kwargs)

    def create(self, postfix: str | None = None, **kwargs: Any) -> tuple[str, Any]:
        """Write a job file.

        Args:
            postfix: Part of the names of the job file and of the files copied for it, as `_ParseFile_12_a1b2c3`.
            **kwargs: Replace the arguments of the constructor.

        Returns:
            The absolute path of the job file, and all values that went into it.

        Raises:
            ValueError: When there is neither a command nor an executable, or a value cannot be written in a job file.
        """
        c = self.get_config(**kwargs)
        if not c.command and not c.executable:
            msg = "a job file needs a command or an executable"
            raise ValueError(msg)
        c.dir = str(Path(c.dir).absolute())
        self._provide_inputs(c, postfix)
        path = Path(c.dir, self.postfix_output_file(c.file_name, postfix))
        words = c.command or [str(c.executable)]
        run = words if isinstance(words, str) else shlex.join(words)
        arguments = c.arguments or ""
        run = f"{run} {arguments if isinstance(arguments, str) else shlex.join(map(str, arguments))}".strip()
        lines = [f"#!{c.shell}", *(f"#PBS {option}" for option in _format_options(c)), ""]
        lines += [export_log(c.custom_log_file)] if c.custom_log_file else []
        lines += [f"cd {shlex.quote(str(c.folder or c.dir))} || exit 1", f"exec {run}" if c.executable else run]
        for line in lines:
            if re.search(r"[\r\n\0]", line):
                msg = f"{path.name}: a job file cannot hold a line break: {line!r}"
                raise ValueError(msg)
        atomic.write_text(path, "\n".join([*lines, ""]))
        _make_executable(path)
        return str(path), c

    def _provide_inputs(self, c: Any, postfix: str | None) -> None:
        """Copy the input files beside the job file and render their variables, as law's other factories do."""
        c.input_files = {key: JobInputFile(file) for key, file in c.input_files.items()}
        key = next(
            (key for key, file in c.input_files.items() if c.executable and file == get_path(c.executable)), None
        )
        if c.executable and not key:
            key = "executable_file"
            c.input_files[key] = JobInputFile(c.executable)
        for file in c.input_files.values():
            file.path_sub_abs = file.path
            if file.copy and not file.forward:
                own = postfix if file.postfix and not file.share else None
                file.path_sub_abs = self.provide_input(file.path, postfix=own, dir=c.dir, skip_existing=file.share)
            file.path_sub_rel = file.path_job_pre_render = file.path_sub_abs
            stays = file.forward and not file.render_job
            file.path_job_post_render = file.path_sub_abs if stays else Path(file.path_sub_abs).name
        c.render_variables |= {name: file.path_job_post_render for name, file in c.input_files.items()}
        if c.custom_log_file:
            c.render_variables["log_file"] = c.custom_log_file
        local = [file for file in c.input_files.values() if not file.forward]
        c.render_variables["input_files"] = " ".join(file.path_sub_abs for file in local)
        c.render_variables["input_files_render"] = " ".join(file.path_sub_abs for file in local if file.render_job)
        variables = self.linearize_render_variables(c.render_variables)
        for file in local:
            if file.copy and file.render_local:
                own = postfix if file.postfix else None
                self.render_file(file.path_sub_abs, file.path_sub_abs, variables, postfix=own)
        if key:
            c.executable = c.input_files[key].path_sub_abs
            if c.input_files[key].copy:
                _make_executable(Path(c.executable))


def make_local_directory(path: Any) -> LocalDirectoryTarget:
    """Return a directory, law's target or a path, as law's target; it is made when it is missing.

    Raises:
        TypeError: When it is a remote one, which jobs of PBS cannot use.
    """
    target = path if isinstance(path, FileSystemDirectoryTarget) else LocalDirectoryTarget(str(get_path(path)))
    if not isinstance(target, LocalDirectoryTarget):
        msg = f"{path}: jobs of PBS need a directory in the file system that the login node and the nodes share"
        raise TypeError(msg)
    target.touch()
    return target


def format_memory(text: str) -> str:
    """Format an amount of memory for PBS.

    Args:
        text: A whole number and a unit, as `2GB`, `2g` or `2048 mb`; PBS would read one without a unit as bytes.

    Returns:
        The same in the units of PBS, powers of 1,024, as `2gb`.

    Raises:
        ValueError: When it is no such amount, or zero.
    """
    number, unit = parse_memory(text)
    return f"{number}{unit.removesuffix('b')}b"


def format_resources(dialect: Dialect, ncpus: int, memory: str | None, walltime_s: float | None) -> list[str]:
    """Format the resources that a job requests, on one node.

    Args:
        dialect: OpenPBS counts in chunks (`select`), Torque in nodes and processors of a node.
        ncpus: Number of cores.
        memory: Of the whole job, as `format_memory` takes it; None for the server's default.
        walltime_s: In seconds, rounded up; None for the server's default.

    Returns:
        Options of qsub.

    Raises:
        ValueError: When the number of cores or the time is not positive.
    """
    if ncpus < 1 or (walltime_s is not None and walltime_s <= 0):
        msg = f"a job needs at least one core and some time: ncpus={ncpus}, walltime_s={walltime_s}"
        raise ValueError(msg)
    mem = f"mem={format_memory(memory)}" if memory else ""
    time = f"walltime={format_time(walltime_s)}" if walltime_s else ""
    if dialect is Dialect.OPENPBS:
        return [f"-l select=1:ncpus={ncpus}" + (f":{mem}" if mem else ""), *([f"-l {time}"] if time else [])]
    return ["-l " + ",".join(part for part in (f"nodes=1:ppn={ncpus}", mem, time) if part)]


def read_directives(path: Path) -> list[tuple[str, str]]:
    """Return the options of qsub in a job file with their values, in order; none where the file does not exist."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    words = [line.split(maxsplit=2) for line in lines if line.startswith("#PBS ")]
    return [(parts[1], parts[2].strip()) for parts in words if len(parts) == 3]


def _format_options(c: Any) -> list[str]:
    """Return the options of qsub for a job; a blank would end the value of one early."""
    single = {
        "-N": format_job_name(c.job_name, c.dialect) if c.job_name else None,
        "-q": c.queue,
        "-A": c.account,
        "-o": c.stdout,
    }
    for option, value in single.items():
        if value and re.search(r"\s", str(value)):
            msg = f"qsub accepts no value with white space: {option} {value!r}"
            raise ValueError(msg)
    options = [f"{option} {value}" for option, value in single.items() if value]
    # -r n: law did not submit a job that the server reruns
    return [*options, *format_resources(c.dialect, c.ncpus, c.memory, c.walltime_s), "-j oe", "-r n", *c.custom_content]


def _make_executable(path: Path) -> None:
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP)
