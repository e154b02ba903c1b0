"""The parameters of branches and jobs: law's own, with checks, so that a bad value is refused at the start."""

import math
from typing import Any

import law
import luigi
from law.parameter import NO_FLOAT, NO_INT, NO_STR

from submit.pbs.job_files import format_memory
from submit.shell_commands import find_shell_characters
from tasks.parameters.types import Checked, Flag, Number

__all__ = ["STAGE_SETTINGS", "BranchParameters", "JobParameters", "PollingParameters"]


class _Duration(Checked, law.DurationParameter):
    """A time above 0, with or without a unit."""

    def parse(self, text: str) -> Any:
        """Parse a time; empty text stands for the default."""
        if text in ("", NO_STR):
            return self._default
        try:
            value = law.DurationParameter.parse(self, text)
        except ValueError as error:
            reason = "this is no time: write 90m, 1.5h, 04:30:00 or '4h, 30m'"
            raise self.refusal(text, reason) from error
        self._check(value, text)
        return value

    def check(self, value: Any) -> None:
        """Refuse times that are not finite or not above 0, except law's value for none."""
        self._check(value, value)

    def _check(self, value: Any, text: Any) -> None:
        if not (isinstance(value, int | float) and math.isfinite(value)):
            raise self.refusal(text, "a finite time is needed")
        if value <= 0 and value != self._default:
            raise self.refusal(text, "it must be above 0")


class _Memory(Checked):
    """An amount of memory, as PBS writes it."""

    def parse(self, text: str) -> Any:
        """Parse an amount; empty text stands for the default."""
        if text in ("", NO_STR):
            return self._default
        try:
            return format_memory(text)
        except ValueError as error:
            raise self.refusal(text, "write a whole number and b, kb, mb, gb or tb, as 2gb") from error

    def check(self, value: Any) -> None:
        """Refuse a value that is no amount of memory."""
        if value not in ("", NO_STR):
            self.parse(value)


class _Word(Checked):
    """A name of one word."""

    def check(self, value: Any) -> None:
        """Refuse white space, names that would be an option, and characters that a shell interprets."""
        if value == NO_STR:
            return
        if len(value.split()) > 1 or value != value.strip() or value.startswith("-"):
            raise self.refusal(value, "it must be one word without blanks that does not begin with a dash")
        if characters := find_shell_characters(value):
            raise self.refusal(value, f"it may not have {characters!r}, which shells interpret")


class _Ranges(Checked, law.MultiRangeParameter):
    """Numbers of branches, and ranges of them."""

    def parse(self, text: str) -> Any:
        """Parse numbers and ranges."""
        try:
            return law.MultiRangeParameter.parse(self, text)
        except (ValueError, TypeError) as error:
            raise self.refusal(text, "write numbers of branches and ranges, as 0:5,7") from error

    def check(self, value: Any) -> None:
        """Refuse numbers below 0 and empty ranges."""
        for start, *end in value:
            if any(number is not None and number < 0 for number in (start, *end)):
                raise self.refusal(self.serialize(value), "branches are counted from 0")
            if end and end[0] is not None and end[0] <= (start or 0):
                reason = "a range is empty: the number after its colon is not part of it, so 0:5 is 0 to 4"
                raise self.refusal(self.serialize(value), reason)


class BranchParameters:
    """Which branches of a stage run."""

    branch = Number(int, minimum=NO_INT, default=NO_INT, description="run only this branch, -1 for all")
    branches = _Ranges(
        default=(),
        require_start=False,
        require_end=False,
        single_value=True,
        description="run only these branches, comma-separated numbers and ranges, as 0:5,7",
        default_text="all",
    )
    acceptance = Number(
        float,
        minimum=0,
        default=1.0,
        significant=False,
        description="branches that make a stage complete, a fraction up to 1 or else a number",
    )
    tolerance = Number(
        float,
        minimum=0,
        default=0.0,
        significant=False,
        description="jobs that may fail before a run ends, a fraction up to 1 or else a number; 0 for no limit",
    )


class PollingParameters(BranchParameters):
    """Details of submission and polling, which --help-all lists."""

    submission_threads = Number(
        int,
        minimum=1,
        default=4,
        significant=False,
        description="commands of the batch system that run at the same time",
    )
    poll_fails = Number(
        int,
        minimum=0,
        default=5,
        significant=False,
        description="polls in a row that may fail, 0 for no limit",
        default_text="5, or as many as ten minutes hold",
    )
    walltime = _Duration(
        default=NO_FLOAT,
        unit="h",
        significant=False,
        description="time after which jobs are no longer polled; default unit is hours",
        default_text="no limit",
    )
    job_workers = Number(
        int, minimum=1, default=1, significant=False, description="processes of a job, for several branches"
    )
    shuffle_jobs = Flag(default=False, significant=False, description="submit in random order")
    ignore_submission = Flag(default=False, significant=False, description="do not poll the jobs of earlier runs")
    transfer_logs = Flag(default=False, significant=False, description="let jobs transfer their logs themselves")
    clear_logs = Flag(default=False, significant=False, description="remove the logs of successful jobs")


def _requests(default_text: str) -> tuple[Any, Any, Any]:
    """Return the parameters of the time, the memory and the cores of a job: the same for all batch systems.

    Args:
        default_text: Whose defaults they have.
    """
    walltime = _Duration(
        default=NO_FLOAT,
        unit="h",
        significant=False,
        description="longest time that a job may take; default unit is hours",
        default_text=default_text,
    )
    memory = _Memory(
        default=NO_STR, significant=False, description="memory of a job, as 2gb", default_text=default_text
    )
    return walltime, memory, Number(int, minimum=1, default=1, significant=False, description="cores of a job")


class JobParameters(PollingParameters):
    """How branches become jobs of a cluster. The meanings of -1 and 0 are law's."""

    tasks_per_job = Number(
        int, minimum=1, default=1, significant=False, description="branches that a job runs, one after the other"
    )
    parallel_jobs = Number(
        int,
        minimum=NO_INT,
        default=NO_INT,
        significant=False,
        description="jobs in the batch system at a time, at most; 0 or -1 for no limit",
    )
    retries = Number(
        int,
        minimum=0,
        default=2,
        significant=False,
        description="submissions of a failed job after the first",
    )
    poll_interval = _Duration(
        default=1,
        unit="m",
        significant=False,
        description="longest time between two polls, the first of which come sooner; default unit is minutes",
    )
    no_poll = Flag(default=False, significant=False, description="submit jobs without waiting for them")
    cancel_jobs = Flag(default=False, description="cancel the jobs and submit none")
    pbs_queue = _Word(
        default=NO_STR, significant=False, description="queue that jobs go to", default_text="the server's"
    )
    pbs_walltime, pbs_memory, pbs_ncpus = _requests("the server's")
    pbs_account = _Word(
        default=NO_STR, significant=False, description="account that jobs are charged to", default_text="none"
    )
    slurm_partition = _Word(
        default=NO_STR, significant=False, description="partition that jobs go to", default_text="the cluster's"
    )
    slurm_walltime, slurm_memory, slurm_ncpus = _requests("the cluster's")
    slurm_account = _Word(
        default=NO_STR, significant=False, description="account that jobs are charged to", default_text="yours"
    )
    htcondor_pool = _Word(
        default=NO_STR, significant=False, description="pool that jobs go to", default_text="the host's"
    )
    htcondor_scheduler = _Word(
        default=NO_STR, significant=False, description="scheduler that takes the jobs", default_text="the host's"
    )
    htcondor_walltime, htcondor_memory, htcondor_ncpus = _requests("the pool's")
    htcondor_account = _Word(
        default=NO_STR, significant=False, description="accounting group of the jobs", default_text="none"
    )


STAGE_SETTINGS = frozenset(
    name
    for group in (PollingParameters, JobParameters)
    for name, parameter in vars(group).items()
    if isinstance(parameter, luigi.Parameter) and not parameter.significant
)
"""Settings of jobs that may differ between stages; `cancel_jobs` is the same for all."""
