"""The parameters of branches and jobs, which are law's own: here with checks, so that a bad value ends no job."""

import math
from typing import Any

import law
from law.parameter import NO_FLOAT, NO_INT, NO_STR

from submit.pbs.job_files import memory_size
from submit.pbs.workflow import PBSWorkflow
from submit.shell_commands import not_plain
from tasks.parameters.types import Checked, Flag, Number

__all__ = ["BranchParameters", "JobParameters"]


class _Duration(Checked, law.DurationParameter):
    """A time above 0, with or without a unit."""

    def parse(self, text: str) -> Any:
        """Read a time; nothing stands for the default."""
        if text in ("", NO_STR):
            return self._default
        try:
            value = law.DurationParameter.parse(self, text)
        except ValueError as error:
            reason = "this is no time: write it as 90m, 1.5h, 04:30:00 or '4h, 30m'"
            raise self.refusal(text, reason) from error
        self._check(value, text)
        return value

    def check(self, value: Any) -> None:
        """Refuse times that are not finite or not above 0, but what law takes for none."""
        self._check(value, value)

    def _check(self, value: Any, said: Any) -> None:
        if not (isinstance(value, int | float) and math.isfinite(value)):
            raise self.refusal(said, "a finite time is needed")
        if value <= 0 and value != self._default:
            raise self.refusal(said, "it must be above 0")


class _Memory(Checked):
    """An amount of memory, as PBS writes it."""

    def parse(self, text: str) -> Any:
        """Read an amount; nothing stands for the default."""
        if text in ("", NO_STR):
            return self._default
        try:
            return memory_size(text)
        except ValueError as error:
            raise self.refusal(text, "write a whole number and b, kb, mb, gb or tb, as 2gb") from error

    def check(self, value: Any) -> None:
        """Refuse what is no amount, wherever it comes from."""
        if value not in ("", NO_STR):
            self.parse(value)


class _Word(Checked):
    """A name that batch systems take for one word."""

    def check(self, value: Any) -> None:
        """Refuse white space, what would be an option, and what a shell would not take as it is."""
        if value == NO_STR:
            return
        if len(value.split()) > 1 or value != value.strip() or value.startswith("-"):
            raise self.refusal(value, "it must be one word without blanks, and begins with no dash")
        if characters := not_plain(value):
            raise self.refusal(value, f"it may not have {characters!r}, which shells take for their own")


class _Ranges(Checked, law.MultiRangeParameter):
    """Numbers of branches, and ranges of them."""

    def parse(self, text: str) -> Any:
        """Read numbers and ranges."""
        try:
            return law.MultiRangeParameter.parse(self, text)
        except (ValueError, TypeError) as error:
            raise self.refusal(text, "write numbers of branches and ranges, as 0:5,7") from error

    def check(self, value: Any) -> None:
        """Refuse numbers below 0, and ranges that hold none."""
        for start, *end in value:
            if any(number is not None and number < 0 for number in (start, *end)):
                raise self.refusal(self.serialize(value), "branches are counted from 0")
            if end and end[0] is not None and end[0] <= (start or 0):
                reason = "a range holds no branch: the number after its colon does not count, as 0:5 is 0 to 4"
                raise self.refusal(self.serialize(value), reason)


class BranchParameters:
    """Which branches of a stage there are to make."""

    branch = Number(int, minimum=NO_INT, default=NO_INT, description="run this branch alone, -1 for all")
    branches = _Ranges(
        default=(),
        require_start=False,
        require_end=False,
        single_value=True,
        description="run these branches alone, comma-separated numbers and ranges, as 0:5,7",
        default_text="all",
    )
    acceptance = Number(
        float,
        minimum=0,
        default=1.0,
        significant=False,
        description="branches that make a stage done, a fraction up to 1 or else a number",
    )
    tolerance = Number(
        float,
        minimum=0,
        default=0.0,
        significant=False,
        description="jobs that may fail before a run ends, a fraction up to 1 or else a number; "
        "0: it goes on to its end",
    )


class JobParameters(BranchParameters):
    """How branches become jobs of a cluster. The meanings of -1 and 0 are law's."""

    retries = Number(
        int,
        minimum=0,
        default=2,
        significant=False,
        description="submissions of a job that failed, after the first",
    )
    tasks_per_job = Number(
        int, minimum=1, default=1, significant=False, description="branches that a job runs, one by one"
    )
    parallel_jobs = Number(
        int,
        minimum=NO_INT,
        default=NO_INT,
        significant=False,
        description="jobs at a time, at most; 0 or -1 for no limit",
    )
    submission_threads = Number(
        int,
        minimum=1,
        default=4,
        significant=False,
        description="commands of the batch system that run at once",
    )
    poll_interval = _Duration(
        default=1,
        unit="m",
        significant=False,
        description="time between two looks at the jobs; default unit is minutes",
    )
    poll_fails = Number(
        int,
        minimum=0,
        default=5,
        significant=False,
        description="looks in a row that may fail, 0 for no limit",
        default_text="5, or as many as ten minutes hold",
    )
    walltime = _Duration(
        default=NO_FLOAT,
        unit="h",
        significant=False,
        description="time after which jobs are no longer followed; default unit is hours",
        default_text="no limit",
    )
    job_workers = Number(
        int, minimum=1, default=1, significant=False, description="processes of a job, for several branches"
    )
    no_poll = Flag(default=False, significant=False, description="submit jobs and wait for none")
    cancel_jobs = Flag(default=False, description="cancel the jobs and submit none")
    shuffle_jobs = Flag(default=False, significant=False, description="submit in no order")
    ignore_submission = Flag(default=False, significant=False, description="do not follow the jobs of earlier runs")
    transfer_logs = Flag(default=False, significant=False, description="let jobs bring their logs back themselves")
    clear_logs = Flag(default=False, significant=False, description="remove the logs of jobs that are done")
    pbs_queue = _Word(default=NO_STR, significant=False, description=PBSWorkflow.pbs_queue.description)
    pbs_walltime = _Duration(
        default=NO_FLOAT, unit="h", significant=False, description=PBSWorkflow.pbs_walltime.description
    )
    pbs_memory = _Memory(default=NO_STR, significant=False, description=PBSWorkflow.pbs_memory.description)
    pbs_ncpus = Number(int, minimum=1, default=1, significant=False, description=PBSWorkflow.pbs_ncpus.description)
    pbs_account = _Word(default=NO_STR, significant=False, description=PBSWorkflow.pbs_account.description)
    slurm_partition = _Word(
        default=NO_STR, significant=False, description="partition that jobs go to", default_text="the cluster's"
    )
    htcondor_pool = _Word(
        default=NO_STR, significant=False, description="pool that jobs go to", default_text="the host's"
    )
    htcondor_scheduler = _Word(
        default=NO_STR, significant=False, description="scheduler that takes the jobs", default_text="the host's"
    )
