"""Polling of jobs for any batch system, with what law's own polling lacks.

law 0.1.21 takes a job that has vanished for failed and submits it again and again, submits jobs that it had given up,
writes its job data in place and only after every fiftieth job, and ends a run at the first failure. Here the outputs
decide what is done, every submission is recorded at once, and a run continues to its end, then names what is missing.
"""

import functools
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from law.job.base import BaseJobManager
from law.workflow.remote import BaseRemoteWorkflow, BaseRemoteWorkflowProxy

from submit.errors import BatchError
from submit.jobs.chains import describe_chain, find_unfinished
from submit.jobs.earlier_jobs import find_lost_jobs, plan_jobs, read_earlier_jobs, select_lost_jobs
from submit.jobs.intervals import PollIntervals, count_polls
from submit.jobs.job_logs import Account, describe_missing
from submit.jobs.journal import SubmissionJournal
from submit.jobs.submissions import Submissions
from submit.jobs.verdicts import Verdicts
from targets.storage import atomic

__all__ = ["BatchProxy"]

_POLL_FAILS = BaseRemoteWorkflow.poll_fails._default
_DOWNTIME_S = 600.0  # a server may be down that long
_ALL = 1.0  # law's tolerance: a run continues to its end, however many jobs fail
_UNINFORMATIVE = ("acceptance of", "tolerance exceeded")  # law's errors: the list of missing branches tells more


class BatchProxy(BaseRemoteWorkflowProxy):
    """Base of proxies of remote workflows; precedes law's own proxy in their list of bases.

    A subclass has a method `missing` that returns the branches without output. Its task has the methods of a stage:
    `chain` returns the stages that a job makes of its branches, the task itself last; of each of these, `prepare`
    removes what killed jobs left behind, and `check_whole` checks all outputs together.
    """

    missing: Callable[[], list[int]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._submissions = Submissions(self._get_journal)
        self._verdicts = Verdicts()
        self._retried: dict[int, int] = {}
        self._poll_error: Exception | None = None  # of the last poll, where the batch system did not answer
        self._only_submitted = self._submitting = False
        super().__init__(*args, **kwargs)
        self.chain_name: str = self.task.task_family  # and the stages that its jobs make on the way

    # hooks that law calls ---------------------------------------------------------------------------------------------

    def process_resources(self, force: bool = False) -> dict[str, int]:  # noqa: ARG002 (law's signature)
        """Claim none of luigi's resources: law would need the branches before they are known."""
        return {}

    def requires(self) -> Any:
        """Require the upstream stages, also when jobs are cancelled, so that their jobs are cancelled too."""
        return self.task.workflow_requires() if self._cancel_jobs else super().requires()

    def complete(self) -> bool:
        """Tell whether all outputs exist, or the jobs were submitted and nothing more was asked for."""
        return self._only_submitted or bool(super().complete())

    def dump_job_data(self) -> None:
        """Write law's job data whole, and clear the submission journal, whose entries they hold."""
        self.job_data["dashboard_config"] = self.dashboard.get_persistent_config()
        with self._dump_lock:
            atomic.write_text(self._get_data_path(), json.dumps(self.job_data, indent=1))
            if not self._submitting:  # other threads may have made submissions that law does not know yet
                self._get_journal().clear()

    def create_job_manager(self, **kwargs: Any) -> Any:
        """Make a job manager whose submissions are recorded, and whose answers are checked against the outputs."""
        manager = super().create_job_manager(**kwargs)
        manager.job_grouping_submit = False  # each job has an id and journal entries of its own
        manager.submit = functools.partial(self._submissions.submit, manager.submit)
        manager.query_batch = functools.partial(self._query, manager.query_batch)
        manager.cancel_batch = functools.partial(self._cancel, manager.cancel_batch)
        return manager

    def get_job_name(self, job_file: Any) -> str:
        """Return the name of a job on the batch system, from what `create_job_file` returned; empty without one."""
        return str(vars(job_file["config"]).get("job_name") or "")

    def create_job_file(self, *args: Any) -> Any:
        """Make a job file, and record that its job is about to be submitted."""
        number, branches = args
        job_file = super().create_job_file(number, branches)
        stdout = str(vars(job_file["config"]).get("stdout") or "")
        job_file["log"] = log = job_file.get("log") or (stdout if Path(stdout).is_absolute() else None)
        name = self.get_job_name(job_file)
        self._submissions.record_intent(str(job_file["job"]), number, list(branches), name, log)
        return job_file

    def get_extra_submission_data(self, job_file: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Keep the name of a job too, by which it is found when its id was never received."""
        extra: dict[str, Any] = super().get_extra_submission_data(job_file, *args, **kwargs)
        return extra | self._submissions.get_search_name(str(job_file))

    def submit(self, retry_jobs: Any = None) -> Any:
        """Submit jobs; of those that failed, only jobs with retries left whose outputs are still missing.

        Raises:
            BatchError: When the command that submits does not exist, or the batch system refuses such jobs: retries
                would fail too.
        """
        if retry_jobs:
            retry_jobs = self._select_retries(retry_jobs)
        self._submitting = True
        try:
            submitted = super().submit(retry_jobs)
        finally:
            self._submitting = False
        self._get_journal().clear()  # law has just written all of it
        if self._submissions.is_futile():
            raise BatchError(self._describe_missing(None))
        return submitted

    def _run_impl(self) -> None:
        """Poll the jobs to their end.

        Raises:
            BatchError: When outputs are missing in the end, with the branches, their logs and the last lines of these.
        """
        self.get_cached_output(update=True)  # the files may not have been known before
        with self._get_journal().locked():
            missing = self._find_missing()
            self._write_job_data(missing)
            self._name_chain(missing)
            self._set_tolerance()
            if not self._cancel_jobs:
                self._prepare()
            intervals = self._intervals = PollIntervals(self.task)
            try:
                super()._run_impl()
            except BatchError:
                raise
            except Exception as error:
                if self._cancel_jobs or self._find_missing():
                    raise BatchError(self._describe_missing(error)) from error
                self.task.publish_message(f"all outputs exist, but polling ended with: {self._poll_error or error}")
            finally:
                intervals.end()
            if self._cancel_jobs:
                self._get_data_path().unlink(missing_ok=True)
            if not self.task.is_controlling_remote_jobs():
                self._conclude()

    def _get_existing_branches(self, sync: bool = False, collection: Any = None) -> set[int]:  # noqa: ARG002
        """Return the branches whose outputs exist, by listing each directory once."""
        if sync or self._existing_branches is None:
            self._existing_branches: set[int] | None = set(self.task.branch_map) - set(self.missing())
        return self._existing_branches or set()

    def _print_status_errors(self, failed_jobs: Any) -> None:
        super()._print_status_errors(self._submissions.add_reasons(failed_jobs))

    # before and after polling -----------------------------------------------------------------------------------------

    def _write_job_data(self, missing: set[int]) -> None:
        """Write the job data from which law continues: jobs that may still run, and new ones for what is missing."""
        jobs = {} if self.task.ignore_submission else self._read_earlier_jobs()
        data = plan_jobs(jobs, set() if self._cancel_jobs else missing, max(self.task.tasks_per_job, 1))
        alive, unsubmitted = len(data["jobs"]), len(data["unsubmitted_jobs"])
        if alive or unsubmitted:
            atomic.write_text(self._get_data_path(), json.dumps(data, indent=1))
        else:
            self._get_data_path().unlink(missing_ok=True)
        self._get_journal().clear()
        if alive and not self._cancel_jobs:
            self.task.publish_message(f"polling {alive} jobs of an earlier run, and submitting {unsubmitted}")

    def _read_earlier_jobs(self) -> dict[int, dict[str, Any]]:
        """Return the jobs that were submitted for these branches before, by number."""
        jobs, damaged = read_earlier_jobs(self._get_data_path(), self._get_journal())
        if damaged:
            message = f"{self._get_data_path()} is damaged; only jobs of the submission journal are polled"
            self.task.publish_message(message)
        branches = set(self.task.branch_map)
        jobs = {number: job for number, job in jobs.items() if set(job["branches"]) <= branches}
        find_lost_jobs(jobs, self.job_manager)
        return jobs

    def _name_chain(self, missing: set[int]) -> None:
        """Find the stages that jobs make of the missing branches, and say so where they are several."""
        before = [stage for stage in self.task.chain()[:-1] if missing.intersection(stage.workflow_proxy.missing())]
        self.chain_name = describe_chain([*(stage.task_family for stage in before), self.task.task_family])
        if before and not self._cancel_jobs:
            branches = f"{len(missing)} of {len(self.task.branch_map)} branches"
            self.task.publish_message(f"{self.chain_name}: jobs make {branches}")

    def _set_tolerance(self) -> None:
        """Continue to the end whatever fails, and through some minutes without answer, unless the user set limits."""
        if not self.task.tolerance:
            self.task.tolerance = _ALL
        if self.task.poll_fails == _POLL_FAILS and self.task.poll_interval:
            self.task.poll_fails = max(_POLL_FAILS, count_polls(self.task.poll_interval, _DOWNTIME_S))

    def _conclude(self) -> None:
        """Check the outputs, and remove what killed jobs left."""
        self._only_submitted = bool(self.task.no_poll) and not select_lost_jobs(self.job_data.jobs)
        if not self._only_submitted and self._find_missing():
            raise BatchError(self._describe_missing(None))
        if not self._cancel_jobs:
            self._prepare()
        if not self._only_submitted:
            self.task.check_whole()

    def _prepare(self) -> None:
        for stage in self.task.chain():
            stage.prepare()

    # during polling ---------------------------------------------------------------------------------------------------

    def _select_retries(self, jobs: dict[int, Any]) -> dict[int, Any]:
        """Select from failed jobs those that were not given up and are not found on the batch system after all."""
        jobs = {n: branches for n, branches in jobs.items() if self._job_retries[n] > self._retried.get(n, 0)}
        self._retried.update({number: self._job_retries[number] for number in jobs})
        self._get_existing_branches(sync=True)
        for number in jobs:
            self._skip_jobs.pop(number, None)  # law remembers whether the outputs existed when it first asked
        with suppress(BatchError):  # then they are submitted as if they had not been found
            lost = find_lost_jobs({number: self.job_data.jobs[number] for number in jobs}, self.job_manager)
            jobs = {number: branches for number, branches in jobs.items() if number not in lost}
        return jobs

    def _query(self, query_batch: Callable[..., Any], job_ids: Any, **kwargs: Any) -> Any:
        answers = query_batch(job_ids, **kwargs)
        if job_ids:  # before it submits, law asks for no job
            self._intervals.grow()
        errors = [answer for answer in answers.values() if isinstance(answer, Exception)]
        self._poll_error = errors[0] if errors else None
        ended = (BaseJobManager.FINISHED, BaseJobManager.FAILED)
        if errors or all(answer["status"] not in ended for answer in answers.values()):
            return answers
        existing = self._get_existing_branches(sync=True)
        for number, job in self.job_data.jobs.items():
            answer = answers.get(job_id := job["job_id"])
            if answer and answer["status"] in ended:
                outputs_exist = set(job["branches"]) <= existing
                answers[job_id] = self._verdicts.decide(job_id, answer, outputs_exist)
                if outputs_exist:
                    self._skip_jobs[number] = True  # else law uses what it saw when it first asked
        return answers

    def _cancel(self, cancel_batch: Callable[..., Any], job_ids: Any, **kwargs: Any) -> Any:
        if errors := cancel_batch(job_ids, **kwargs):
            reasons = "\n".join(sorted({str(error) for error in errors}))
            msg = (
                f"{self.task.task_family}: not all of {len(job_ids)} jobs could be cancelled:\n{reasons}\n"
                "Rerun the same command; it still knows the jobs."
            )
            raise BatchError(msg)
        return errors

    def _find_missing(self) -> set[int]:
        return set(self.task.branch_map) - self._get_existing_branches(sync=True)

    def _describe_missing(self, error: Exception | None) -> str:
        missing = sorted(self._find_missing())
        all_jobs = self._submissions.add_reasons(self.job_data.jobs).values()
        jobs = [job for job in all_jobs if set(job["branches"]) & set(missing)]
        if self._poll_error is not None:
            error = self._poll_error  # it tells more than law's "poll_fails exceeded"
        elif str(error).startswith(_UNINFORMATIVE):
            error = None
        chain = self.task.chain()
        stages = find_unfinished(chain) if len(chain) > 1 else {}
        account = Account(self.chain_name, self.workflow_type, len(self.task.branch_map), stages)
        return describe_missing(account, missing, jobs, error)

    def _get_data_path(self) -> Path:
        return Path(self.get_cached_output()["jobs"].abspath)

    def _get_journal(self) -> SubmissionJournal:
        return SubmissionJournal(self._get_data_path().with_suffix(".journal"))
