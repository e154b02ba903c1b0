"""law's job file factory for PBS: a script with directives that every dialect understands."""

import re
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from law.job.base import BaseJobFileFactory, JobInputFile
from law.target.file import FileSystemDirectoryTarget, get_path
from law.target.local import LocalDirectoryTarget

from submit.pbs import settings
from submit.pbs.qstat import Dialect, job_name
from submit.shell_commands import not_plain

__all__ = ["PBSJobFileFactory", "local_folder", "memory_size", "read_directives", "resources"]

_SIZE = re.compile(r"(\d+)\s*(b|[kmgtp]b?)", re.IGNORECASE)


class PBSJobFileFactory(BaseJobFileFactory):
    """Writes job files, and the files that jobs need, into one folder that the nodes can see too.

    PBS starts a job in the home folder with a bare environment, so that every path in a job file is absolute and its
    first command is a `cd`. The two streams of a job go into one log.

    Args:
        file_name: Name of the job files, before the postfix.
        command: What the job runs, as text for the shell or as words; or
        executable: a file that it runs, which is copied beside the job file.
        arguments: Of either, as text for the shell or as words.
        shell: Absolute path of the job's shell.
        input_files: Names and files that are copied beside the job file; law fills in their variables.
        job_name: Cleaned for the dialect.
        queue: Where the job goes; None for the server's default.
        account: Who pays; None for none.
        ncpus: Number of cores.
        memory: Such as `2gb`, for the whole job; None for the server's default.
        walltime_s: In seconds; None for the server's default.
        stdout: Absolute path of the log; None to let PBS choose.
        folder: Where the job runs, absolute; None for the folder of the job file.
        custom_content: Further options of qsub, one an entry, as `-l place=pack`.
        dialect: Whose manners qsub has.
        **kwargs: Those of law's own factory; `dir` is the folder.

    Raises:
        ValueError: When there is no folder, or its path has blanks or characters with a meaning in shells, which law's
            job script does not quote.
    """

    config_attrs = [  # noqa: RUF012 # law's factories are configured like this
        *BaseJobFileFactory.config_attrs,
        "file_name",
        "command",
        "executable",
        "arguments",
        "shell",
        "input_files",
        "job_name",
        "queue",
        "account",
        "ncpus",
        "memory",
        "walltime_s",
        "stdout",
        "folder",
        "custom_content",
        "dialect",
    ]

    def __init__(
        self,
        file_name: str = "pbs_job.sh",
        command: str | Sequence[str] | None = None,
        executable: str | Path | None = None,
        arguments: str | Sequence[str] | None = None,
        shell: str = "/bin/bash",
        input_files: dict[str, Any] | None = None,
        job_name: str | None = None,
        queue: str | None = None,
        account: str | None = None,
        ncpus: int = 1,
        memory: str | None = None,
        walltime_s: float | None = None,
        stdout: str | None = None,
        folder: str | None = None,
        custom_content: Sequence[str] | None = None,
        dialect: Dialect = Dialect.OPENPBS,
        **kwargs: Any,
    ) -> None:
        self.cleanup = False  # law looks at it when the object goes, even if it was never whole
        for key, found in (
            ("dir", settings.value("pbs_job_file_dir")),
            ("mkdtemp", settings.flag("pbs_job_file_dir_mkdtemp")),
            ("cleanup", settings.flag("pbs_job_file_dir_cleanup")),
        ):
            if kwargs.get(key) is None:
                kwargs[key] = found
        if not kwargs["dir"] or not_plain(str(kwargs["dir"])):
            msg = (
                "job files need a folder that the nodes see too, without blanks and characters with a meaning in "
                f"shells in its path: {kwargs['dir']!r}"
            )
            raise ValueError(msg)
        super().__init__(**kwargs)
        self.file_name, self.command, self.executable, self.arguments = file_name, command, executable, arguments
        self.shell, self.input_files, self.job_name = shell, input_files or {}, job_name
        self.queue, self.account, self.ncpus, self.memory = queue, account, ncpus, memory
        self.walltime_s, self.stdout, self.folder = walltime_s, stdout, folder
        self.custom_content, self.dialect = list(custom_content or ()), dialect

    def create(self, postfix: str | None = None, **kwargs: Any) -> tuple[str, Any]:
        """Write a job file.

        Args:
            postfix: Goes into the names of the job file and of the files copied for it, as `_ParseFile_12_a1b2c3`.
            **kwargs: Replace what the constructor was given.

        Returns:
            The absolute path of the job file, and all that went into it.

        Raises:
            ValueError: When there is neither a command nor an executable, or a value cannot stand in a job file.
        """
        c = self.get_config(**kwargs)
        if not c.command and not c.executable:
            msg = "a job file needs a command or an executable"
            raise ValueError(msg)
        c.dir = str(Path(c.dir).absolute())
        self._provide(c, postfix)
        path = Path(c.dir, self.postfix_output_file(c.file_name, postfix))
        words = c.command or [str(c.executable)]
        run = words if isinstance(words, str) else shlex.join(words)
        arguments = c.arguments or ""
        run = f"{run} {arguments if isinstance(arguments, str) else shlex.join(map(str, arguments))}".strip()
        lines = [f"#!{c.shell}", *(f"#PBS {one}" for one in _options(c)), ""]
        lines += [f"cd {shlex.quote(str(c.folder or c.dir))} || exit 1", f"exec {run}" if c.executable else run]
        for line in lines:
            if re.search(r"[\r\n\0]", line):
                msg = f"{path.name}: a line break cannot stand in a job file: {line!r}"
                raise ValueError(msg)
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        _make_executable(path)
        return str(path), c

    def _provide(self, c: Any, postfix: str | None) -> None:
        """Copy the input files beside the job file and fill in their variables, as law's other factories do."""
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
        seen = [file for file in c.input_files.values() if not file.forward]
        c.render_variables["input_files"] = " ".join(file.path_sub_abs for file in seen)
        c.render_variables["input_files_render"] = " ".join(file.path_sub_abs for file in seen if file.render_job)
        variables = self.linearize_render_variables(c.render_variables)
        for file in seen:
            if file.copy and file.render_local:
                own = postfix if file.postfix else None
                self.render_file(file.path_sub_abs, file.path_sub_abs, variables, postfix=own)
        if key:
            c.executable = c.input_files[key].path_sub_abs
            if c.input_files[key].copy:
                _make_executable(Path(c.executable))


def local_folder(folder: Any) -> LocalDirectoryTarget:
    """Return a folder as law's target, made where it was missing.

    Args:
        folder: A target or a path.

    Returns:
        The folder.

    Raises:
        TypeError: When it is not in a file system, as jobs of PBS need it.
    """
    found = folder if isinstance(folder, FileSystemDirectoryTarget) else LocalDirectoryTarget(str(get_path(folder)))
    if not isinstance(found, LocalDirectoryTarget):
        msg = f"{folder}: jobs of PBS need a folder in the file system that the login node and the nodes share"
        raise TypeError(msg)
    found.touch()
    return found


def memory_size(text: str) -> str:
    """Write an amount of memory as PBS does.

    Args:
        text: A whole number and a unit, as `2GB`, `2g` or `2048 mb`; PBS would take one without a unit for bytes.

    Returns:
        The same with the units of PBS, powers of 1,024, as `2gb`.

    Raises:
        ValueError: When it is no such amount, or zero.
    """
    if not (found := _SIZE.fullmatch(text.strip())) or not int(found[1]):
        msg = f"{text!r} is no amount of memory: write a whole number and b, kb, mb, gb or tb, as 2gb"
        raise ValueError(msg)
    return f"{int(found[1])}{found[2].lower().removesuffix('b')}b"


def resources(dialect: Dialect, ncpus: int, memory: str | None, walltime_s: float | None) -> list[str]:
    """Write what a job needs, on one node.

    Args:
        dialect: OpenPBS counts in chunks (`select`), Torque in nodes and processors of a node.
        ncpus: Number of cores.
        memory: Of the whole job, as `memory_size` takes it; None for the server's default.
        walltime_s: In seconds, rounded up; None for the server's default.

    Returns:
        Options of qsub.

    Raises:
        ValueError: When the number of cores or the time is not positive.
    """
    if ncpus < 1 or (walltime_s is not None and walltime_s <= 0):
        msg = f"a job needs at least one core and some time: ncpus={ncpus}, walltime_s={walltime_s}"
        raise ValueError(msg)
    mem = f"mem={memory_size(memory)}" if memory else ""
    minutes, rest = divmod(-int(-(walltime_s or 0) // 1), 60)
    time = f"walltime={minutes // 60:02}:{minutes % 60:02}:{rest:02}" if walltime_s else ""
    if dialect is Dialect.OPENPBS:
        return [f"-l select=1:ncpus={ncpus}" + (f":{mem}" if mem else ""), *([f"-l {time}"] if time else [])]
    return ["-l " + ",".join(part for part in (f"nodes=1:ppn={ncpus}", mem, time) if part)]


def read_directives(path: Path) -> list[tuple[str, str]]:
    """Return the options of qsub in a job file with their values, in order; none where there is no such file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    words = [line.split(maxsplit=2) for line in lines if line.startswith("#PBS ")]
    return [(parts[1], parts[2].strip()) for parts in words if len(parts) == 3]


def _options(c: Any) -> list[str]:
    """Return the directives of a job; a blank would end the value of one of them early."""
    single = {
        "-N": job_name(c.job_name, c.dialect) if c.job_name else None,
        "-q": c.queue,
        "-A": c.account,
        "-o": c.stdout,
    }
    for option, value in single.items():
        if value and re.search(r"\s", str(value)):
            msg = f"qsub takes no value with white space: {option} {value!r}"
            raise ValueError(msg)
    options = [f"{option} {value}" for option, value in single.items() if value]
    # -r n: a job that ran twice would not be what law submitted
    return [*options, *resources(c.dialect, c.ncpus, c.memory, c.walltime_s), "-j oe", "-r n", *c.custom_content]


def _make_executable(path: Path) -> None:
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP)
