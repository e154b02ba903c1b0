"""Jobs that are followed well: what law's own polling does not see to, for any batch system.

law 0.1.21 takes a job that has vanished for failed and submits it again and again, submits jobs that it gave up, writes
its job data in place and after every fiftieth job only, and leaves a run at the first failure. Here the outputs decide
what is done, every submission is written down at once, and a run goes on to its end and then names what is missing.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from law.config import Config
from law.job.base import BaseJobManager
from law.util import parse_duration
from law.workflow.remote import BaseRemoteWorkflow, BaseRemoteWorkflowProxy

from submit.errors import BatchError
from submit.job_logs import account
from submit.journal import Journal
from submit.known_jobs import find_lost, known_jobs, lost_jobs
from submit.submissions import Submissions
from targets.storage import atomic

__all__ = ["BatchProxy"]

_DONE, _FAILED, _RUNNING = BaseJobManager.FINISHED, BaseJobManager.FAILED, BaseJobManager.RUNNING
_OVER = {_DONE, _FAILED, BaseJobManager.RETRY}
_POLL_FAILS = BaseRemoteWorkflow.poll_fails._default
_SILENCE_S = 600.0  # a server may be down that long
_ALL = 1.0  # of law's tolerance: a run goes on to its end, however many jobs fail
_NOTHING_NEW = ("acceptance of", "tolerance exceeded")  # of law's errors: the list of what is missing tells more
_GRACE_S = 60.0  # a shared file system may show new files that late


class BatchProxy(BaseRemoteWorkflowProxy):
    """Base of proxies of remote workflows; stands before law's own in their list of bases.

    Once a job is over with nothing said against it, its outputs are looked for once more at least, and for `[job]
    outputs_grace` of law.cfg (60 s by default): shared file systems show files late.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._submissions = Submissions(self._journal)
        self._retried: dict[int, int] = {}
        self._over_since: dict[Any, float] = {}  # by job id
        self._silence: Exception | None = None  # why the batch system's last answer was none
        self._only_submitted = self._submitting = False
        super().__init__(*args, **kwargs)

    # what law asks for ------------------------------------------------------------------------------------------------

    def process_resources(self, force: bool = False) -> dict[str, int]:  # noqa: ARG002 (law's signature)
        """Claim none of luigi's resources: law would look for branches before they are known."""
        return {}

    def requires(self) -> Any:
        """Require the stages above; where jobs are cancelled too, so that theirs are cancelled with them."""
        return self.task.workflow_requires() if self._cancel_jobs else super().requires()

    def complete(self) -> bool:
        """Tell whether all outputs are there, or nothing more than a submission was asked for and done."""
        return self._only_submitted or bool(super().complete())

    def dump_job_data(self) -> None:
        """Write law's job data whole; what the journal says stands in them then."""
        self.job_data["dashboard_config"] = self.dashboard.get_persistent_config()
        with self._dump_lock:
            atomic.write_text(self._data_path(), json.dumps(self.job_data, indent=1))
            if not self._submitting:  # other threads may have submissions that law does not know yet
                self._journal().forget()

    def create_job_manager(self, **kwargs: Any) -> Any:
        """Make a manager whose submissions are written down, and whose verdicts the outputs confirm."""
        manager = super().create_job_manager(**kwargs)
        manager.job_grouping_submit = False  # each job has an id and a line in the journal of its own
        manager.submit = self._submissions.watched(manager.submit)
        manager.query_batch = self._confirmed(manager.query_batch)
        manager.cancel_batch = self._insisting(manager.cancel_batch)
        return manager

    def name_of(self, made: Any) -> str:
        """Give the name by which the batch system knows the job of a job file; empty where it has none."""
        return str(vars(made["config"]).get("job_name") or "")

    def create_job_file(self, *args: Any) -> Any:
        """Make a job file, and write down that its job is about to be submitted."""
        number, branches = args
        made = super().create_job_file(number, branches)
        made["log"] = made.get("log") or _absolute(vars(made["config"]).get("stdout"))
        self._submissions.intend(str(made["job"]), number, list(branches), self.name_of(made), made["log"])
        return made

    def get_extra_submission_data(self, job_file: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Keep the name of a job too, by which it is found when its id never came."""
        extra: dict[str, Any] = super().get_extra_submission_data(job_file, *args, **kwargs)
        return extra | self._submissions.name(str(job_file))

    def submit(self, retry_jobs: Any = None) -> Any:
        """Submit jobs; of those that failed, the ones that were not given up and whose outputs are still missing.

        Raises:
            BatchError: When there is no command to submit with: later tries would fail too.
        """
        if retry_jobs:
            retry_jobs = {
                number: branches
                for number, branches in retry_jobs.items()
                if self._job_retries[number] > self._retried.get(number, 0)
            }
            self._retried.update({number: self._job_retries[number] for number in retry_jobs})
            self._look_again(retry_jobs)
            with suppress(BatchError):  # then they are submitted as if they had not been found
                found = find_lost({number: self.job_data.jobs[number] for number in retry_jobs}, self.job_manager)
                retry_jobs = {number: branches for number, branches in retry_jobs.items() if number not in found}
        self._submitting = True
        try:
            submitted = super().submit(retry_jobs)
        finally:
            self._submitting = False
        self._journal().forget()  # law has just written all of it
        if self._submissions.no_command():
            raise BatchError(self._account(None))
        return submitted

    def _run_impl(self) -> None:
        """Follow the jobs to their end.

        Raises:
            BatchError: When outputs are missing in the end, naming the branches, their logs and their last words.
        """
        self.get_cached_output(update=True)  # the files may not have been known before
        with self._journal().held():
            missing = self._missing()
            self._take_up()
            self._be_patient()
            self._tidy()
            try:
                super()._run_impl()
            except BatchError:
                raise
            except Exception as error:
                if self._cancel_jobs or self._missing():
                    raise BatchError(self._account(error)) from error
                self.task.publish_message(f"all outputs are there, but polling ended with: {self._silence or error}")
            if self._cancel_jobs:
                self._data_path().unlink(missing_ok=True)
            if self.task.is_controlling_remote_jobs():
                return
            self._only_submitted = bool(self.task.no_poll) and not lost_jobs(self.job_data.jobs)
            if not self._only_submitted and self._missing():
                raise BatchError(self._account(None))
            self._tidy()
            if not self._only_submitted:
                self._conclude(missing)

    def _conclude(self, made: set[int]) -> None:
        """Let the task look at the whole, and say here what its jobs said in their logs, where it knows how."""
        if hasattr(self.task, "check_whole"):
            self.task.check_whole()
        if hasattr(self.task, "announce"):
            for branch in sorted(made):
                self.task.announce(self.task.branch_map[branch])

    def _missing(self) -> set[int]:
        return set(self.task.branch_map) - self._get_existing_branches(sync=True)

    def _tidy(self) -> None:
        """Let the task remove what killed jobs left, where it knows how."""
        if hasattr(self.task, "prepare") and not self._cancel_jobs:
            self.task.prepare()

    def _be_patient(self) -> None:
        """Go on to the end whatever fails, and through some minutes of silence, unless the user says otherwise."""
        if not self.task.tolerance:
            self.task.tolerance = _ALL
        if self.task.poll_fails == _POLL_FAILS and self.task.poll_interval:
            self.task.poll_fails = max(_POLL_FAILS, round(_SILENCE_S / (60 * self.task.poll_interval)))

    # jobs of an earlier run -------------------------------------------------------------------------------------------

    def _take_up(self) -> None:
        """Write the job data from which law goes on: what may still run, and jobs for all that is missing besides."""
        jobs = {} if self.task.ignore_submission else self._known_jobs()
        alive = {n: job for n, job in jobs.items() if job["job_id"] is not None and job["status"] not in _OVER}
        running = {branch for job in alive.values() for branch in job["branches"]}
        missing = sorted(set(self.task.branch_map) - running - self._get_existing_branches(sync=True))
        first, size = max(jobs, default=0) + 1, max(self.task.tasks_per_job, 1)
        chunks = [missing[start : start + size] for start in range(0, len(missing), size)]
        if self._cancel_jobs:
            chunks = []
        if not (alive or chunks):
            self._data_path().unlink(missing_ok=True)
        else:
            data = {
                "jobs": alive,
                "unsubmitted_jobs": {first + position: chunk for position, chunk in enumerate(chunks)},
                "attempts": {},
                "tasks_per_job": size,
                "dashboard_config": {},
            }
            atomic.write_text(self._data_path(), json.dumps(data, indent=1))
        self._journal().forget()
        if alive and not self._cancel_jobs:
            self.task.publish_message(f"{len(alive)} jobs of an earlier run are followed, {len(chunks)} are to submit")

    def _known_jobs(self) -> dict[int, dict[str, Any]]:
        """Give the jobs that were submitted for these branches before, by number."""
        jobs, damaged = known_jobs(self._data_path(), self._journal())
        if damaged:
            self.task.publish_message(f"{self._data_path()} is damaged: only the journal's jobs are taken up")
        branches = set(self.task.branch_map)
        jobs = {number: job for number, job in jobs.items() if set(job["branches"]) <= branches}
        find_lost(jobs, self.job_manager)
        return jobs

    # outputs decide ---------------------------------------------------------------------------------------------------

    def _confirmed(self, query_batch: Callable[..., Any]) -> Callable[..., Any]:
        def querying(job_ids: Any, **kwargs: Any) -> Any:
            answers = query_batch(job_ids, **kwargs)
            errors = [answer for answer in answers.values() if isinstance(answer, Exception)]
            self._silence = errors[0] if errors else None
            over = [] if errors else [one for one, answer in answers.items() if answer["status"] in (_DONE, _FAILED)]
            if over:
                self._get_existing_branches(sync=True)
                jobs = {job["job_id"]: (number, set(job["branches"])) for number, job in self.job_data.jobs.items()}
                answers |= {one: self._verdict(one, *jobs[one], answers[one]) for one in over}
            return answers

        return querying

    def _verdict(self, job_id: Any, number: int, branches: set[int], answer: dict[str, Any]) -> dict[str, Any]:
        """Say how a job that is over ended: its outputs are what counts, and they may show late."""
        if branches <= self._get_existing_branches():
            self._skip_jobs[number] = True  # else law takes what it saw when it first asked for the truth
            return answer | {"status": _DONE, "code": 0, "error": None}
        if answer["status"] == _FAILED and answer.get("code") is not None:
            return answer
        seen_before = job_id in self._over_since
        since = self._over_since.setdefault(job_id, time.monotonic())
        grace = Config.instance().get_expanded("job", "outputs_grace", default=None) or _GRACE_S
        if not seen_before or time.monotonic() - since < parse_duration(grace, input_unit="s"):
            return answer | {"status": _RUNNING}
        error = answer.get("error") or "the job is over, and its outputs are missing"
        return answer | {"status": _FAILED, "error": error}

    def _insisting(self, cancel_batch: Callable[..., Any]) -> Callable[..., Any]:
        def cancelling(job_ids: Any, **kwargs: Any) -> Any:
            errors = cancel_batch(job_ids, **kwargs)
            if errors:
                said = "\n".join(sorted({str(error) for error in errors}))
                msg = (
                    f"{self.task.task_family}: not all of {len(job_ids)} jobs could be cancelled:\n{said}\n"
                    "Run the same command again: it knows them still."
                )
                raise BatchError(msg)
            return errors

        return cancelling

    def _get_existing_branches(self, sync: bool = False, collection: Any = None) -> set[int]:
        """Give the branches whose outputs exist, with one look at each folder where the proxy knows how."""
        if sync and hasattr(self, "missing"):
            self._existing_branches = set(self.task.branch_map) - set(self.missing())
            return self._existing_branches
        found: set[int] = super()._get_existing_branches(sync=sync, collection=collection)
        return found

    def _look_again(self, jobs: Any) -> None:
        """Let law look at the outputs of jobs anew: it remembers what it saw when it first asked."""
        self._get_existing_branches(sync=True)
        for number in jobs:
            self._skip_jobs.pop(number, None)

    def _print_status_errors(self, failed_jobs: Any) -> None:
        super()._print_status_errors(self._submissions.told(failed_jobs))

    def _account(self, error: Exception | None) -> str:
        """Name what is missing, with logs and last words."""
        missing = sorted(self._missing())
        told = self._submissions.told(self.job_data.jobs)
        jobs = [job for job in told.values() if set(job["branches"]) & set(missing)]
        if self._silence is not None:
            error = self._silence  # it tells more than law's "poll_fails exceeded"
        elif str(error).startswith(_NOTHING_NEW):
            error = None
        return account(self.task.task_family, missing, len(self.task.branch_map), jobs, error)

    def _data_path(self) -> Path:
        return Path(self.get_cached_output()["jobs"].abspath)

    def _journal(self) -> Journal:
        return Journal(self._data_path().with_suffix(".journal"))


def _absolute(path: Any) -> str | None:
    return str(path) if path and Path(str(path)).is_absolute() else None
