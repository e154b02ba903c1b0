"""Polling of jobs: what law's own proxy does wrong, and :class:`submit.batch.BatchProxy` does not.

The cluster is a list, time does not pass, and the polling is law's own. A test that takes `proxy` runs with law's proxy
too, and that must fail: when law mends what the test is about, the test says so.
"""

import json
import re
import threading
from types import SimpleNamespace

import law
import luigi
import pytest
from law.job.base import BaseJobManager
from law.workflow.remote import BaseRemoteWorkflow, BaseRemoteWorkflowProxy

from submit.batch import BatchProxy
from submit.errors import BatchError, NoCommandError, RefusedJobError
from submit.jobs.journal import SubmissionJournal

DONE, FAILED, RUNNING = BaseJobManager.FINISHED, BaseJobManager.FAILED, BaseJobManager.RUNNING


class Cluster:
    """A batch system in memory: `behave(job)` says how the newest look at a job finds it, and may make outputs."""

    def __init__(self, folder):
        self.folder, self.jobs, self.cancelled, self.looks, self.lock = folder, [], [], 0, threading.Lock()
        self.behave = self.end
        self.refuse = lambda _branches: None
        self.cannot_cancel = None

    def end(self, job, status=DONE, code=0):
        for branch in job["branches"]:
            self.make(branch)
        return {"status": status, "code": code}

    def make(self, branch):
        (self.folder / f"{branch}.txt").write_text("done")

    def made(self):
        return sorted(int(path.stem) for path in self.folder.glob("[0-9]*.txt"))

    def submissions(self):
        return [job["branches"] for job in self.jobs]


class Manager(BaseJobManager):
    cluster = None

    def submit(self, job_file, **_):
        branches, name = json.loads(job_file)
        with self.cluster.lock:
            self.cluster.refuse(branches)
            assert len(self.cluster.jobs) < 40, "jobs are submitted for ever"
            self.cluster.jobs.append({"id": f"j{len(self.cluster.jobs)}", "branches": branches, "name": name})
            return self.cluster.jobs[-1]["id"]

    def query(self, job_id, **_):
        self.cluster.looks += 1
        job = next(job for job in self.cluster.jobs if job["id"] == job_id)
        job["looks"] = job.get("looks", 0) + 1
        return self.job_status_dict(job_id=job_id, **self.cluster.behave(job))

    def cancel(self, job_id, **_):
        if self.cluster.cannot_cancel:
            raise RuntimeError(self.cluster.cannot_cancel)
        self.cluster.cancelled.append(job_id)

    def cleanup(self, *_, **__):
        pass

    def find(self, names):
        return {job["name"]: job["id"] for job in self.cluster.jobs if job["name"] in set(names)}


class Plain(BaseRemoteWorkflowProxy):
    workflow_type = "toy"

    def create_job_manager(self, **kwargs):
        return Manager(**kwargs)

    def create_job_file_factory(self, **_):
        return SimpleNamespace(cleanup_dir=lambda **_: None)

    def create_job_file(self, number, branches):
        name = f"n{number}_{self.job_data.attempts.get(number, 0)}"
        config = SimpleNamespace(job_name=name)
        return {"job": json.dumps([list(branches), name]), "config": config, "log": f"/logs/{number}.log"}


class Ours(BatchProxy, Plain):
    def missing(self):
        made = Manager.cluster.made()
        return [branch for branch in self.task.branch_map if branch not in made]


class _Toy(BaseRemoteWorkflow):
    exclude_index = True
    folder = luigi.Parameter()
    size = luigi.IntParameter(default=4)
    toy_job_kwargs = ()

    def create_branch_map(self):
        return {number: number for number in range(self.size)}

    def output(self):
        return law.LocalFileTarget(f"{self.folder}/{self.branch}.txt")

    def run(self):
        raise NotImplementedError  # jobs run branches

    def prepare(self):
        pass

    def chain(self):
        return [self]

    def check_whole(self):
        pass

    def toy_output_directory(self):
        return law.LocalDirectoryTarget(self.folder)

    def toy_output_postfix(self):
        return ""

    def toy_workflow_requires(self):
        return law.util.DotDict()

    def toy_workflow_run_context(self):
        return law.util.empty_context()

    def toy_post_submit_delay(self):
        return 0

    def toy_dump_intermediate_job_data(self):
        return True

    def toy_check_job_completeness(self):
        return False

    def toy_check_job_completeness_delay(self):
        return 0

    def toy_poll_callback(self, _poll_data):
        pass

    def toy_post_poll_callback(self, success, duration):
        pass


class ToyOurs(_Toy):
    workflow_proxy_cls = Ours


class ToyPlain(_Toy):
    workflow_proxy_cls = Plain


laws = pytest.param(ToyPlain, marks=pytest.mark.xfail(strict=True, reason="law 0.1.21"), id="law's")
proxy = pytest.mark.parametrize("proxy", [pytest.param(ToyOurs, id="ours"), laws])


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self):
        self.now, self.sleeps = 0.0, 0

    def sleep(self, seconds):
        self.sleeps += 1
        assert self.sleeps < 100, "jobs are followed for ever"
        self.now += seconds

    def time(self):
        return self.now

    monotonic = time


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(Manager, "cluster", Cluster(tmp_path))
    monkeypatch.setattr("law.workflow.remote.time", clock)
    monkeypatch.setattr("submit.jobs.verdicts.time", clock)
    return Manager.cluster


def run(cluster, proxy=ToyOurs, **parameters):
    """Run a workflow as a process of its own would: nothing is remembered but what stands in files."""
    luigi.task_register.Register.clear_instance_cache()
    task = proxy(**{"folder": str(cluster.folder), "retries": 0, "workflow": "toy", **parameters})
    task.scheduler_messages = None  # luigi's worker gives both
    task.set_progress_percentage = task.set_status_message = lambda *_: None
    task.run()
    return task


def job_data(cluster):
    return cluster.folder / "toy_jobs_0To4.json"


# law's traps ----------------------------------------------------------------------------------------------------------


@proxy
def test_a_job_that_vanished_is_done_when_its_outputs_are_there(cluster, proxy):
    cluster.behave = lambda job: cluster.end(job, FAILED, None)
    run(cluster, proxy, retries=1)
    assert len(cluster.jobs) == 4


def test_a_job_that_vanished_without_outputs_is_submitted_again_as_often_as_told(cluster):
    cluster.behave = lambda job: {"status": FAILED, "code": None} if 2 in job["branches"] else cluster.end(job)
    with pytest.raises(BatchError, match=r"1 of 4 branches have no output .*\nbranch 2: job j\d+: "):
        run(cluster, retries=2, tolerance=0.5)
    assert cluster.submissions().count([2]) == 3
    assert cluster.made() == [0, 1, 3]


@proxy
def test_a_job_that_was_given_up_is_not_submitted_with_those_that_are_tried_again(cluster, proxy):
    def behave(job):
        if job["branches"] == [3]:
            return {"status": FAILED, "code": 1}
        # a job that fails later than the other, so that law's list of newly failed ones is not empty
        return {"status": RUNNING} if job["looks"] < 9 - 2 * job["branches"][0] else cluster.end(job)

    cluster.behave = behave
    with pytest.raises(Exception, match=r"3|acceptance"):
        run(cluster, proxy, retries=1, tolerance=0.9)
    assert cluster.submissions().count([3]) == 2


@proxy
def test_another_number_of_tasks_per_job_leaves_nothing_out(cluster, proxy):
    cluster.behave = lambda job: {"status": FAILED, "code": 1} if 3 in job["branches"] else cluster.end(job)
    with pytest.raises(Exception, match=r"."):
        run(cluster, proxy, tasks_per_job=2)
    data = json.loads(job_data(cluster).read_text())
    data["jobs"].pop("2")  # a run that was killed before it had submitted all
    job_data(cluster).write_text(json.dumps(data))
    cluster.behave = cluster.end
    run(cluster, proxy, tasks_per_job=1)
    assert cluster.made() == [0, 1, 2, 3]


@proxy
def test_a_run_without_retries_submits_what_had_failed_before(cluster, proxy):
    cluster.behave = lambda job: {"status": FAILED, "code": 1} if 1 in job["branches"] else cluster.end(job)
    with pytest.raises(Exception, match=r"."):
        run(cluster, proxy)
    cluster.behave = cluster.end
    run(cluster, proxy)
    assert cluster.submissions().count([1]) == 2
    assert cluster.made() == [0, 1, 2, 3]


@proxy
def test_a_failure_does_not_end_the_run_before_the_others_are_done(cluster, proxy):
    def behave(job):
        if 0 in job["branches"]:
            return {"status": FAILED, "code": 1}
        return {"status": RUNNING} if job["looks"] < 4 else cluster.end(job)

    cluster.behave = behave
    with pytest.raises(Exception, match=r"."):
        run(cluster, proxy)
    assert cluster.made() == [1, 2, 3]


@proxy
@pytest.mark.parametrize("text", ["", '{"jobs": {"1', "[]", "null", '{"jobs": {"1": 5}, "unsubmitted_jobs": {}}', "\0"])
def test_job_data_that_are_damaged_are_done_without(cluster, proxy, text):
    job_data(cluster).write_text(text)
    cluster.make(2)
    run(cluster, proxy)
    assert sorted(cluster.submissions()) == [[0], [1], [3]]
    assert cluster.made() == [0, 1, 2, 3]


# what was submitted before --------------------------------------------------------------------------------------------


@pytest.fixture
def kill_at(cluster, monkeypatch):
    """A function that runs until another one is called for the nth time, and leaves all as SIGKILL would there."""

    def run_until(where, number, **parameters):
        calls, plain, snapshot = [], getattr(*where), {}

        def watched(*args, **kwargs):
            calls.append(1)
            if len(calls) == number:
                snapshot.update(jobs=list(cluster.jobs), files={path: path.read_text() for path in _files(cluster)})
            return plain(*args, **kwargs)

        with monkeypatch.context() as context:
            context.setattr(*where, watched)
            run(cluster, submission_threads=1, **parameters)
        for path in _files(cluster):
            path.unlink()
        for path, text in snapshot["files"].items():
            path.write_text(text)
        cluster.jobs = snapshot["jobs"]

    return run_until


def _files(cluster):
    return [path for path in cluster.folder.iterdir() if path.is_file()]


@pytest.mark.parametrize("number", range(1, 9))  # a line before and a line after each of four submissions
@pytest.mark.parametrize("torn", [False, True])
def test_killed_while_it_submits(cluster, kill_at, number, torn):
    kill_at((SubmissionJournal, "_append"), number)
    (journal,) = [path for path in _files(cluster) if path.suffix == ".journal"] or [None]
    assert (journal is None) == (number == 1)
    if journal and torn:
        with journal.open("a") as file:
            file.write('{"number": 4, "bran')
    run(cluster)
    assert sorted(cluster.submissions()) == [[0], [1], [2], [3]]
    assert cluster.made() == [0, 1, 2, 3]


@pytest.mark.parametrize("number", [1, 3, 4, 5, 8, 9, 12])
def test_killed_while_it_polls(cluster, kill_at, number):
    cluster.behave = lambda job: {"status": RUNNING} if job["looks"] < 3 else cluster.end(job)
    kill_at((Manager, "query"), number)
    run(cluster)
    assert sorted(cluster.submissions()) == [[0], [1], [2], [3]]
    assert cluster.made() == [0, 1, 2, 3]


def test_no_poll_submits_and_a_later_run_follows(cluster):
    cluster.behave = lambda _job: {"status": RUNNING}
    task = run(cluster, no_poll=True)
    assert task.complete()
    assert cluster.made() == []
    cluster.behave = cluster.end
    assert run(cluster).complete()
    assert len(cluster.jobs) == 4


def test_no_poll_fails_where_nothing_could_be_submitted(cluster):
    cluster.refuse = _raise("no such queue")
    with pytest.raises(BatchError, match="branch 0,1,2,3: no such queue\nFix"):
        run(cluster, no_poll=True)


def test_why_a_submission_failed_is_told_in_the_end_and_in_between(cluster, capsys):
    cluster.refuse = lambda branches: _raise(f"no queue for {branches}")() if branches[0] > 1 else None
    with pytest.raises(BatchError, match=r"2 of 4 .*\nbranch 2: no queue for \[2\]\nbranch 3: no queue for \[3\]\nFix"):
        run(cluster, retries=1)
    messages = capsys.readouterr().out
    assert "error: no queue for [2]" in re.sub(r"\x1b\[[0-9;]*m", "", messages)
    assert "unknown job id" not in messages
    assert "/logs/" not in messages


def test_a_job_that_was_submitted_after_all_ends_with_its_own_reason(cluster):
    refusals = iter(["no answer"])
    cluster.refuse = lambda _branches: _raise(text)() if (text := next(refusals, None)) else None
    cluster.behave = lambda _job: {"status": FAILED, "code": 7, "error": "exit status 7"}
    with pytest.raises(BatchError, match="branch 0: job j0: exit status 7, code 7"):
        run(cluster, size=1, retries=1)


def test_a_command_that_does_not_exist_ends_the_run_at_once(cluster):
    cluster.refuse = _raise(NoCommandError("cannot run 'qsub'"))
    with pytest.raises(BatchError, match="branch 0,1,2,3: cannot run 'qsub'\nFix the cause"):
        run(cluster, retries=5)
    assert cluster.looks == 0
    assert not [path for path in _files(cluster) if path.suffix == ".journal"]


def test_a_permanent_refusal_ends_the_run_at_the_first_job_and_is_named_once(cluster):
    tried = []

    def refuse(branches):
        tried.append(branches)
        msg = f"n{branches[0] + 1}.sh was not submitted: qsub: Unknown queue"
        raise RefusedJobError(msg)

    cluster.refuse = refuse
    error = r"^_?Toy.*: 9 of 9 branches .*\nbranch 0 to 8: n1.sh was not submitted: qsub: Unknown queue\nFix"
    with pytest.raises(BatchError, match=error):
        run(cluster, size=9, retries=2, submission_threads=1)
    assert tried == [[0]]
    assert cluster.looks == 0


def test_a_job_that_was_surely_not_submitted_is_not_looked_for(cluster, monkeypatch):
    cluster.refuse = _raise(NoCommandError("cannot run 'qsub'"))
    with pytest.raises(BatchError):
        run(cluster)
    cluster.refuse = lambda _branches: None
    monkeypatch.setattr(Manager, "find", lambda *_: _raise("qstat: no server")())
    run(cluster)
    assert sorted(cluster.submissions()) == [[0], [1], [2], [3]]


def test_a_command_that_vanishes_leaves_the_jobs_that_run_to_the_next_run(cluster):
    def behave(job):
        cluster.refuse = _raise(NoCommandError("cannot run 'qsub'"))
        return {"status": RUNNING}

    cluster.behave = behave
    cluster.refuse = lambda branches: _raise("no answer")() if branches == [3] else None
    with pytest.raises(
        BatchError, match=r"branch 0: job j\d: running; log: none\n(?s:.*)\nbranch 3: cannot run 'qsub'"
    ):
        run(cluster, retries=3)
    cluster.behave, cluster.refuse = cluster.end, lambda _branches: None
    run(cluster)
    assert sorted(cluster.submissions()) == [[0], [1], [2], [3]]


def test_a_job_whose_id_never_came_is_found_by_its_name(cluster):
    def accepted_and_lost(branches):
        if branches == [1] and not any(job["branches"] == [1] for job in cluster.jobs):
            cluster.jobs.append({"id": "lost", "branches": branches, "name": "n2_0"})
            _raise("the server does not answer")()

    cluster.refuse = accepted_and_lost
    run(cluster, retries=1)
    assert sorted(cluster.submissions()) == [[0], [1], [2], [3]]


def test_a_job_whose_id_never_came_is_found_by_the_next_run(cluster):
    def accepted_and_lost(branches):
        if branches == [1]:
            cluster.jobs.append({"id": "lost", "branches": branches, "name": "n2_0"})
            _raise("the server does not answer")()

    cluster.refuse = accepted_and_lost
    with pytest.raises(BatchError, match="branch 1: the server does not answer\n"):
        run(cluster)
    cluster.refuse = lambda _branches: None
    run(cluster)
    assert sorted(cluster.submissions()) == [[0], [1], [2], [3]]


def test_a_server_that_cannot_be_asked_for_such_jobs_ends_the_run(cluster, monkeypatch):
    cluster.refuse = _raise("no answer")
    with pytest.raises(BatchError):
        run(cluster)
    cluster.refuse = lambda _branches: None
    with monkeypatch.context() as context:
        context.setattr(Manager, "find", lambda *_: _raise("qstat: no server")())
        with pytest.raises(BatchError, match=r"cannot be searched for them: qstat: no server\nRerun the same command"):
            run(cluster)
    run(cluster)
    assert sorted(cluster.submissions()) == [[0], [1], [2], [3]]


def test_branches_of_other_files_are_not_taken_up(cluster):
    cluster.behave = lambda _job: {"status": RUNNING}
    run(cluster, no_poll=True, size=4)
    (cluster.folder / "toy_jobs_0To4.json").rename(cluster.folder / "toy_jobs_0To2.json")
    cluster.behave = cluster.end
    run(cluster, size=2)
    assert cluster.submissions() == [[0], [1], [2], [3]]


def test_ignore_submission_starts_anew(cluster):
    cluster.behave = lambda _job: {"status": RUNNING}
    run(cluster, no_poll=True)
    cluster.behave = cluster.end
    run(cluster, ignore_submission=True)
    assert len(cluster.jobs) == 8


def test_a_second_submitter_is_sent_away(cluster):
    messages = []

    def behave(job):
        try:
            run(cluster, size=1)
        except BatchError as error:
            messages.append(str(error))
        return cluster.end(job)

    cluster.behave = behave
    run(cluster, size=1)
    assert re.match(r"another process already polls these jobs \(process \d+ on ", messages[0])


# cancelling -----------------------------------------------------------------------------------------------------------


def test_cancelled_jobs_are_forgotten(cluster):
    cluster.behave = lambda _job: {"status": RUNNING}
    run(cluster, no_poll=True)
    assert run(cluster, cancel_jobs=True).complete()
    assert sorted(cluster.cancelled) == ["j0", "j1", "j2", "j3"]
    cluster.behave = cluster.end
    run(cluster)
    assert len(cluster.jobs) == 8


def test_jobs_that_only_the_journal_knows_are_cancelled_too(cluster, kill_at):
    cluster.behave = lambda _job: {"status": RUNNING}
    kill_at((SubmissionJournal, "_append"), 8, no_poll=True)
    run(cluster, cancel_jobs=True)
    assert sorted(cluster.cancelled) == ["j0", "j1", "j2", "j3"]


def test_jobs_that_cannot_be_cancelled_stay_known(cluster):
    cluster.behave = lambda _job: {"status": RUNNING}
    run(cluster, no_poll=True)
    cluster.cannot_cancel = "qdel: no server"
    with pytest.raises(BatchError, match=r"not all of 4 jobs could be cancelled:\nqdel: no server\nRerun the same"):
        run(cluster, cancel_jobs=True)
    cluster.cannot_cancel = None
    run(cluster, cancel_jobs=True)
    assert len(cluster.cancelled) == 4


# the batch system and the file system ---------------------------------------------------------------------------------


def test_outputs_may_show_late(cluster):
    # the job is over at the first look, and its output shows at the second
    cluster.behave = lambda job: cluster.end(job) if job["looks"] > 1 else {"status": DONE, "code": 0}
    run(cluster)
    assert len(cluster.jobs) == 4


@pytest.mark.parametrize(("grace", "interval_s", "looks"), [(None, 60, 5), (None, 20, 6), ("0s", 5, 2), ("9s", 5, 3)])
def test_outputs_are_waited_for_as_long_as_told(cluster, monkeypatch, grace, interval_s, looks):
    if grace:
        monkeypatch.setitem(law.config.Config.instance()._sections["job"], "outputs_grace", grace)
    cluster.behave = lambda job: {"status": DONE, "code": 0}
    with pytest.raises(BatchError, match="branch 0: job j0: the job has ended, and its outputs are missing; log: none"):
        run(cluster, size=1, poll_interval=interval_s / 60)
    assert cluster.looks == looks


def test_an_exit_status_other_than_0_needs_no_second_look(cluster):
    cluster.behave = lambda _job: {"status": FAILED, "code": 7, "error": "exit status 7"}
    with pytest.raises(BatchError, match="branch 0: job j0: exit status 7, code 7"):
        run(cluster, size=1)
    assert cluster.jobs[0]["looks"] == 1


def test_a_server_may_be_silent_for_ten_minutes(cluster):
    def behave(job):
        if 3 < cluster.looks <= 18:
            _raise("qstat: no server")()
        return {"status": RUNNING} if cluster.looks < 21 else cluster.end(job)

    cluster.behave = behave
    run(cluster, size=1)
    assert len(cluster.jobs) == 1


def test_a_server_that_stays_silent_is_named(cluster):
    cluster.behave = _raise("qstat: no server")
    with pytest.raises(BatchError, match="Polling ended with: qstat: no server"):
        run(cluster, size=1)
    assert cluster.looks == 16
    with pytest.raises(BatchError, match="Polling ended with: qstat: no server"):
        run(cluster, size=1, poll_fails=1)
    assert cluster.looks == 18
    assert len(cluster.jobs) == 1


def test_silence_once_all_outputs_are_there_is_told_and_no_failure(cluster, monkeypatch):
    messages = []
    monkeypatch.setattr(ToyOurs, "publish_message", lambda _task, text, **_: messages.append(text))

    def behave(job):
        cluster.end(job)
        _raise("qstat: no server")()

    cluster.behave = behave
    run(cluster, size=1)
    assert cluster.made() == [0]
    assert "all outputs exist, but polling ended with: qstat: no server" in messages


def test_the_account_names_what_was_never_submitted(cluster):
    cluster.behave = lambda job: {"status": RUNNING} if job["looks"] < 3 else _raise("gone")()
    with pytest.raises(BatchError, match="branch 1,2,3: not submitted"):
        run(cluster, parallel_jobs=1, poll_fails=1)


def test_jobs_wait_for_others_and_are_tried_again(cluster):
    def behave(job):
        assert sum("looks" not in each or each["id"] == job["id"] for each in cluster.jobs) <= 2
        first = cluster.submissions().index(job["branches"]) == cluster.jobs.index(job)
        return {"status": FAILED, "code": 1} if first else cluster.end(job)

    cluster.behave = behave
    run(cluster, parallel_jobs=2, retries=1)
    assert sorted(cluster.submissions()) == [[0], [0], [1], [1], [2], [2], [3], [3]]


def test_a_job_whose_outputs_came_after_all_is_not_submitted_again(cluster):
    def behave(job):
        cluster.make(job["branches"][0])
        return {"status": FAILED, "code": 1}

    cluster.behave = behave
    run(cluster, retries=3)
    assert len(cluster.jobs) == 4


def _raise(error):
    def raising(*_args, **_kwargs):
        raise error if isinstance(error, BaseException) else RuntimeError(error)

    return raising
