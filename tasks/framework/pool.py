"""The local workflow: the missing branches of a stage, mapped over a pool of processes.

law's own local workflow makes a luigi task of every branch, which grows quadratically with their number; this one
has the same type name and is linear. A branch that fails does not stop the others; at the end all failures are named.
"""

import multiprocessing
import os
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import law
from luigi.task_register import Register

import physics
from steps.errors import StageError, failing_stage
from submit.jobs.chains import describe_chain
from targets.errors import ConfigurationError
from tasks.cli import messages, output_streams, process
from tasks.cli.interrupts import catch_interrupts, ending_after_cleaning, interrupt_workers, run_in_worker
from tasks.framework.branches import BranchOutputs
from tasks.framework.progress import Progress, reporting, send_through

__all__ = ["KILLED", "Outcome", "PoolWorkflow", "PoolWorkflowProxy", "is_compiled", "open_pool", "run_branch"]

_PRELOADED = ["steps.parse", "steps.masses", "steps.peaks", "steps.histograms", "tasks.framework.preload"]
"""Modules with heavy imports, loaded once and shared by all workers."""

KILLED = (BrokenProcessPool, EOFError, ConnectionError)
"""What Python raises when a worker or the fork server, which starts the workers, was killed."""

_LONGEST_SOCKET_FOLDER = 107 - len("/pymp-01234567/listener-01234567")  # the kernel takes 107 characters (man 7 unix)

_SAFE_PATH = "PYTHONSAFEPATH"  # of Python: no module is looked for in the current folder

_LOOK_EVERY_S = 1.0  # at the fork server


class Outcome(NamedTuple):
    """How a branch ended.

    Attributes:
        branch: Its number.
        failure: Why it failed; None when it did not.
        events: Events that it handled.
        bytes_read: Bytes that it read from input files.
        stage: Which of the stages that it makes failed; empty for the one that was asked for.
    """

    branch: int
    failure: str | None
    events: int = 0
    bytes_read: int = 0
    stage: str = ""


class PoolWorkflowProxy(BranchOutputs):
    """Runs the missing branches of a stage in this process or in a pool.

    No subclass of law's own local proxy: law would start a manager process for it, which outlives a killed run.
    """

    workflow_type = "local"

    @ending_after_cleaning()
    def run(self) -> None:
        """Run the missing branches.

        Raises:
            StageError: When some fail, once all the others are done, or the whole lacks more than is tolerated.
        """
        missing = self.missing()
        name = self._prepare_chain(missing)
        if missing and not is_compiled():
            self.task.tell("compiling loops, once on this machine: some ten seconds more")
        progress, failed = Progress(self.task, len(missing), name), []
        for outcome in self._outcomes(missing, progress):
            failed += [outcome] if outcome.failure else []
            progress.add(outcome.branch, bool(outcome.failure), outcome.events, outcome.bytes_read)
        progress.close()
        if failed:
            raise StageError(self._account(sorted(failed), len(missing)))
        self.task.check_whole()

    def _prepare_chain(self, missing: list[int]) -> str:
        """Get all stages of the chain ready, and name those of them that branches make."""
        *upstream, _ = chain = self.task.chain()
        for stage in chain:
            stage.prepare()
        made = [stage.task_family for stage in upstream if {*missing}.intersection(stage.workflow_proxy.missing())]
        return describe_chain([*made, self.task.task_family])

    def _outcomes(self, branches: list[int], progress: Progress) -> Iterator[Outcome]:
        """Run branches and yield the outcome of each, in the order in which they end."""
        workers = min(len(branches), self.task.threads or len(os.sched_getaffinity(0)))
        family, text = self.task.get_task_family(), self.task.worker_parameters()
        if workers <= 1:
            with reporting(progress.follow):
                yield from (run_branch(family, text, branch) for branch in branches)
            return
        with progress.listening() as sender, open_pool(workers, sender) as pool:
            jobs: dict[int, Future[Outcome]] = {}
            pending = set(branches)
            try:
                for branch in branches:
                    jobs[branch] = pool.submit(run_branch, family, text, branch)
                for job in as_completed(jobs.values()):
                    outcome = job.result()
                    pending.remove(outcome.branch)
                    yield outcome
            except (KeyboardInterrupt, GeneratorExit):
                interrupt_workers()
                raise
            except KILLED:  # of a job that is given in this very moment, Python may never tell the end
                for worker in multiprocessing.active_children():
                    worker.terminate()
                yield from (_outcome(jobs.get(branch), branch) for branch in sorted(pending))
            finally:  # after an interrupt the branches that wait are not started any more
                # without waiting, a process that luigi forked could close the queue before workers are told to end
                pool.shutdown(wait=True, cancel_futures=True)

    def _account(self, failed: list[Outcome], total: int) -> str:
        family = self.task.get_task_family()
        stages = {outcome.stage or family for outcome in failed}
        if len(stages) == 1:  # a chain that failed in one of its stages
            (family,) = stages
        names = [f"{outcome.stage}: " * (outcome.stage not in ("", family)) for outcome in failed]
        lines = [f"branch {end.branch}: {name}{end.failure}" for end, name in zip(failed, names, strict=True)]
        head = f"{family}: {len(failed)} of {total} branches failed (the others are done, and stay done):"
        return "\n".join([head, *lines, "Fix the cause and rerun the same command; it resumes where it stopped."])


@contextmanager
def open_pool(workers: int, sender: Connection | None = None) -> Iterator[ProcessPoolExecutor]:
    """Start processes that end with this one, also when it is killed.

    Args:
        workers: How many.
        sender: Where they send how far their branches are; None where they have no branches.

    Yields:
        The pool.
    """
    context = multiprocessing.get_context(method := _start_method())
    context.set_forkserver_preload(_PRELOADED)
    if method == "forkserver":
        _start_fork_server()
    with _Pool(workers, mp_context=context, initializer=_start_worker, initargs=(sender,)) as pool:
        yield pool


class _Pool(ProcessPoolExecutor):
    """A pool whose workers end what they do when the run is interrupted, and begin nothing more."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **more: Any) -> Future[Any]:
        return super().submit(run_in_worker, function, *arguments, **more)


def is_compiled() -> bool:
    """Tell whether loops have been compiled before; also where their machine code is kept elsewhere, or nowhere."""
    folder = Path(physics.__file__).parent / "__pycache__"
    return any(folder.glob("*.nbc")) or not os.access(folder.parent, os.W_OK)


class PoolWorkflow(law.LocalWorkflow):
    """A workflow whose local form is the pool."""

    workflow_proxy_cls = PoolWorkflowProxy
    exclude_index = True

    def initialized(self) -> bool:
        """Tell luigi that this is a task; luigi asks before anything is done, and here a script still ends.

        Raises:
            ConfigurationError: When Python code runs tasks with workers, and these would run the same code again.
        """
        if self.threads != 1 and (line := process.unguarded_line()):
            msg = (
                f"{line}: this line runs tasks, and worker processes would run it again when they import the script: "
                'put it under `if __name__ == "__main__":`, or run without workers (threads=1)'
            )
            raise ConfigurationError(msg)
        return bool(super().initialized())


def run_branch(family: str, parameters: dict[str, str], branch: int) -> Outcome:
    """Run one branch of a workflow, in this process or a worker.

    Args:
        family: The task's name.
        parameters: The workflow's parameters as text.
        branch: Number of the branch.

    Returns:
        How it ended; of a failure the sentence where the error is one of ours, else the traceback.
    """
    try:
        task = Register.get_task_cls(family).from_str_params(parameters).as_branch(branch)
        task.run()
        return Outcome(branch, None, *task.handled())
    except Exception as error:  # a failing branch must not stop the others; the workflow names all that failed
        failure = messages.sentence(error) or "".join(traceback.format_exception(error))
        return Outcome(branch, failure, stage=failing_stage(error) or family)


def _outcome(job: "Future[Outcome] | None", branch: int) -> Outcome:
    """Return how a branch ended when a worker was killed: some branches were done before."""
    if job and job.done() and not job.exception():
        return job.result()
    return Outcome(
        branch, "not done: a worker process was killed (if it ran out of memory, lower threads or chunk_events)"
    )


def _start_method() -> str:
    """Return the fork server, which is faster, unless its socket does not fit into the temporary directory."""
    try:
        return "forkserver" if len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_SOCKET_FOLDER else "spawn"
    except FileNotFoundError:  # no such folder can be written
        return "spawn"


def _start_fork_server() -> None:
    """Start the fork server, or see that it runs; it looks for no modules in the folder where the run was started.

    There a user may have a tasks.py or a physics.py of another project. Ctrl-C is held back for the server and for
    workers that are not ready yet, which would print tracebacks.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def _start_worker(sender: Connection | None) -> None:
    """Let a worker end with the run: a killed run must not leave workers that still write.

    It ends with the fork server too: without the server, the run takes its workers for dead.
    """
    catch_interrupts()
    output_streams.install()  # workers print, too
    if sender is not None:
        send_through(sender)
    run, fork_server = multiprocessing.parent_process(), os.getppid()

    def watch() -> None:
        while run is not None and not connection.wait([run.sentinel], _LOOK_EVERY_S) and os.getppid() == fork_server:
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
