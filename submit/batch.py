"""Jobs that are followed well: what law's own polling does not see to, for any batch system.

law 0.1.21 takes a job that has vanished for failed and submits it again and again, submits jobs that it gave up, writes
its job data in place and after every fiftieth job only, and leaves a run at the first failure. Here the outputs decide
what is done, every submission is written down at once, and a run goes on to its end and then names what is missing.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from law.job.base import BaseJobManager
from law.workflow.remote import BaseRemoteWorkflow, BaseRemoteWorkflowProxy

from submit.errors import BatchError
from submit.job_logs import account
from submit.journal import Journal, write_whole

__all__ = ["BatchProxy"]

_DONE, _FAILED, _RUNNING = BaseJobManager.FINISHED, BaseJobManager.FAILED, BaseJobManager.RUNNING
_OVER = {_DONE, _FAILED, BaseJobManager.RETRY}
_POLL_FAILS = BaseRemoteWorkflow.poll_fails._default
_SILENCE_S = 600.0  # a server may be down that long
_ALL = 1.0  # of law's tolerance: a run goes on to its end, however many jobs fail


class BatchProxy(BaseRemoteWorkflowProxy):
    """Base of proxies of remote workflows; stands before law's own in their list of bases."""

    outputs_grace_polls = 1
    """How many polls longer outputs are waited for once a job has ended: shared file systems show files late."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._numbers: dict[str, int] = {}  # of jobs, by job file
        self._retried: dict[int, int] = {}
        self._waited: dict[Any, int] = {}  # polls, by job id
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
            write_whole(self._data_path(), json.dumps(self.job_data, indent=1))
            if not self._submitting:  # other threads may have submissions that law does not know yet
                self._journal().forget()

    def create_job_manager(self, **kwargs: Any) -> Any:
        """Make a manager whose submissions are written down, and whose verdicts the outputs confirm."""
        manager = super().create_job_manager(**kwargs)
        manager.submit = self._written_down(manager.submit)
        manager.query_batch = self._confirmed(manager.query_batch)
        return manager

    def create_job_file(self, *args: Any) -> Any:
        """Make a job file, and write down that its job is about to be submitted."""
        number, branches = args
        made = super().create_job_file(number, branches)
        made["log"] = made.get("log") or _absolute(getattr(made["config"], "stdout", None))
        self._numbers[str(made["job"])] = number
        name = str(getattr(made["config"], "job_name", "") or "")
        self._journal().intend(number, list(branches), name, {"log": made["log"]} if made["log"] else {})
        return made

    def submit(self, retry_jobs: Any = None) -> Any:
        """Submit jobs; of those that failed, the ones that were not given up and whose outputs are still missing."""
        if retry_jobs:
            retry_jobs = {
                number: branches
                for number, branches in retry_jobs.items()
                if self._job_retries[number] > self._retried.get(number, 0)
            }
            self._retried.update({number: self._job_retries[number] for number in retry_jobs})
            self._look_again(retry_jobs)
        self._submitting = True
        try:
            submitted = super().submit(retry_jobs)
        finally:
            self._submitting = False
        self._journal().forget()  # law has just written all of it
        return submitted

    def _run_impl(self) -> None:
        """Follow the jobs to their end.

        Raises:
            BatchError: When outputs are missing in the end, naming the branches, their logs and their last words.
        """
        self.get_cached_output(update=True)  # the files may not have been known before
        with self._journal().held():
            if not self._cancel_jobs:
                self._take_up()
            self._be_patient()
            try:
                super()._run_impl()
            except Exception as error:
                raise BatchError(self._account(error)) from error
            if self._cancel_jobs:
                self._data_path().unlink(missing_ok=True)
                self._journal().forget()
                return
            self._only_submitted = bool(self.task.no_poll)
            if not self.task.no_poll and not super().complete():
                raise BatchError(self._account(None))

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
            write_whole(self._data_path(), json.dumps(data, indent=1))
        self._journal().forget()
        if alive:
            self.task.publish_message(f"{len(alive)} jobs of an earlier run are followed, {len(chunks)} are to submit")

    def _known_jobs(self) -> dict[int, dict[str, Any]]:
        """Give the jobs of law's job data and of the journal, by number; those not submitted have no id."""
        try:
            data = json.loads(self._data_path().read_text(encoding="utf-8"))
        except FileNotFoundError:
            data = {}
        except ValueError:
            self.task.publish_message(f"{self._data_path()} is damaged: only the journal's jobs are taken up")
            data = {}
        jobs = {int(number): job for number, job in data.get("jobs", {}).items()}
        for number, branches in data.get("unsubmitted_jobs", {}).items():
            jobs[int(number)] = self.job_data_cls.job_data(job_id=None, branches=branches)
        submissions = self._journal().read()
        unknown = [one.name for one in submissions if one.job_id is None and one.name]
        found = self.job_manager.find(unknown) if unknown and hasattr(self.job_manager, "find") else {}
        for one in submissions:
            job_id = one.job_id if one.job_id is not None else found.get(one.name)
            jobs[one.number] = self.job_data_cls.job_data(job_id=job_id, branches=list(one.branches), extra=one.extra)
        known = set(self.task.branch_map)
        jobs = {number: job for number, job in jobs.items() if set(job["branches"]) <= known}
        for job in jobs.values():
            job["job_id"] = None if job["job_id"] == self.job_data_cls.dummy_job_id else job["job_id"]
        return jobs

    # outputs decide ---------------------------------------------------------------------------------------------------

    def _written_down(self, submit: Callable[..., Any]) -> Callable[..., Any]:
        def submitting(job_file: Any, *args: Any, **kwargs: Any) -> Any:
            files = [str(file) for file in (job_file if isinstance(job_file, (list, tuple)) else [job_file])]
            try:
                given = submit(job_file, *args, **kwargs)
            except Exception:
                for file in files:
                    self._journal().submitted(self._numbers[file], None)
                raise
            ids = given if isinstance(given, (list, tuple)) else [given]
            for file, job_id in zip(files, ids, strict=False):
                self._journal().submitted(self._numbers[file], job_id)
            return given

        return submitting

    def _confirmed(self, query_batch: Callable[..., Any]) -> Callable[..., Any]:
        def querying(job_ids: Any, **kwargs: Any) -> Any:
            answers = query_batch(job_ids, **kwargs)
            over = [job_id for job_id, answer in answers.items() if _is_over(answer)]
            if over:
                self._get_existing_branches(sync=True)
            for job_id in over:
                answers[job_id] = self._verdict(job_id, answers[job_id])
            return answers

        return querying

    def _verdict(self, job_id: Any, answer: dict[str, Any]) -> dict[str, Any]:
        """Say how a job that is over ended: its outputs are what counts, and they may show late."""
        jobs = self.job_data.jobs.values()
        branches = next((set(job["branches"]) for job in jobs if job["job_id"] == job_id), set())
        if branches <= self._get_existing_branches():
            return answer | {"status": _DONE, "code": 0, "error": None}
        if answer["status"] == _FAILED and answer.get("code") is not None:
            return answer
        if self._waited.setdefault(job_id, 0) < self.outputs_grace_polls:
            self._waited[job_id] += 1
            return answer | {"status": _RUNNING}
        error = answer.get("error") or "the job is over, and its outputs are missing"
        return answer | {"status": _FAILED, "error": error}

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

    # ------------------------------------------------------------------------------------------------------------------

    def _account(self, error: Exception | None) -> str:
        """Name what is missing, with logs and last words."""
        existing = self._get_existing_branches(sync=True)
        missing = sorted(set(self.task.branch_map) - existing)
        jobs = [job for job in self.job_data.jobs.values() if set(job["branches"]) & set(missing)]
        return account(self.task.task_family, missing, len(self.task.branch_map), jobs, error)

    def _data_path(self) -> Path:
        return Path(self.get_cached_output()["jobs"].abspath)

    def _journal(self) -> Journal:
        return Journal(self._data_path().with_suffix(".journal"))


def _is_over(answer: Any) -> bool:
    return isinstance(answer, dict) and answer["status"] in (_DONE, _FAILED)


def _absolute(path: Any) -> str | None:
    return str(path) if path and Path(str(path)).is_absolute() else None
