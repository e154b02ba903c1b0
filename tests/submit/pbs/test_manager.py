"""The job manager with an engine that runs jobs, with recorded answers, and with every fault of a server."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from law.config import Config

from submit.errors import CommandError, RefusedJobError
from submit.pbs.manager import PBSJobManager
from submit.pbs.qstat import Dialect

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "pbs" / "openpbs-23.06"
DIALECTS = ["openpbs", "torque", "slurm"]
FIRST_WAIT_S = 0.01


@pytest.fixture
def job_file(tmp_path):
    """Write a job file; its log stands beside it."""

    def write(command="true", name="Work_1_abcdef"):
        path = tmp_path / "jobs" / f"{name}.sh"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/bash\n#PBS -N {name}\n#PBS -o {path}.log\n#PBS -j oe\n\n{command}\n")
        return path

    return write


@pytest.fixture
def recorded(tmp_path, configure):
    """Let qstat give recorded answers, one a call, each for `(case, words that it must be asked with)`."""

    def play(*calls, version="pbs_version = 23.06.06"):
        folder = tmp_path / "recorded"
        folder.mkdir()
        for number, (case, words) in enumerate(calls):
            for what in ("out", "err", "rc"):
                source = RECORDED / f"{case}.{what}"
                (folder / f"{number}.{what}").write_text(source.read_text() if source.is_file() else "")
            (folder / f"{number}.words").write_text(words)
        (folder / "version").write_text(version)
        script = folder / "qstat.py"
        script.write_text(
            "import pathlib, sys\n"
            "here, words = pathlib.Path(__file__).parent, ' '.join(sys.argv[1:])\n"
            "if words == '--version':\n"
            "    sys.exit(print((here / 'version').read_text()))\n"
            "number = len(list(here.glob('*.done')))\n"
            "(here / f'{number}.done').touch()\n"
            "if words != (here / f'{number}.words').read_text():\n"
            "    sys.exit(f'not expected: {words}')\n"
            "sys.stdout.write((here / f'{number}.out').read_text())\n"
            "sys.stderr.write((here / f'{number}.err').read_text())\n"
            "sys.exit(int((here / f'{number}.rc').read_text()))\n"
        )
        configure(pbs_cmd_qstat=f"{sys.executable} -S -E {script}")
        return lambda: len(list(folder.glob("*.done")))

    return play


def submitted(manager, path, **more):
    return manager.submit(path, retry_delay=FIRST_WAIT_S, **more)


def ended(pbs):
    pbs.wait(lambda jobs: all(job["state"] in "FC" for job in jobs), "the end of all jobs")


# jobs that run


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_life_of_a_job(engine, monkeypatch, job_file, dialect):
    pbs = engine(dialect)
    pbs.use(monkeypatch)
    pbs.pause()
    manager = PBSJobManager()
    job_id = submitted(manager, path := job_file("echo said; read -t 60 < $1 || true".replace("$1", "/dev/null")))
    assert manager.query(job_id)["status"] == "pending"
    pbs.resume()
    ended(pbs)
    answer = manager.query(job_id)
    assert (answer["job_id"], answer["status"], answer["error"]) == (job_id, "finished", None)
    assert answer["code"] == (None if dialect == "slurm" else 0)
    assert Path(f"{path}.log").read_text() == "said\n"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_running_job_that_is_cancelled(engine, monkeypatch, job_file, dialect):
    pbs = engine(dialect)
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    job_id = submitted(manager, job_file("sleep 600"))
    pbs.wait(lambda jobs: jobs[0]["state"] == "R")
    assert manager.query([job_id])[job_id]["status"] == "running"
    assert manager.cancel(job_id) is None
    ended(pbs)
    answer = manager.query(job_id)
    if dialect == "slurm":
        assert (answer["status"], answer["code"], answer["extra"]) == ("finished", None, {"no_exit_status": True})
    else:
        assert (answer["status"], answer["code"]) == ("failed", 271)
        assert answer["error"].startswith("killed by signal 15")
    assert manager.cancel([job_id, "77"]) == {job_id: None, "77": None}  # over and unknown are no errors


@pytest.mark.parametrize(
    ("dialect", "status", "code", "error"),
    [("openpbs", "failed", -29, "exceeded its walltime"), ("torque", "failed", -11, "exceeded its walltime"),
     ("slurm", "finished", None, None)],
)  # fmt: skip
def test_a_walltime_that_is_over(engine, monkeypatch, job_file, dialect, status, code, error):
    pbs = engine(dialect)
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    job_id = submitted(manager, job_file("#PBS -l walltime=00:00:01\nsleep 600"))
    ended(pbs)
    answer = manager.query(job_id)
    assert (answer["status"], answer["code"]) == (status, code)
    assert answer["error"].startswith(error) if error else answer["error"] is None


def test_a_job_that_is_deleted_in_the_queue(engine, monkeypatch, job_file):
    pbs = engine()
    pbs.use(monkeypatch)
    pbs.pause()
    manager = PBSJobManager()
    job_id = submitted(manager, job_file())
    manager.cancel([job_id])
    answer = manager.query(job_id)
    assert (answer["status"], answer["code"]) == ("failed", None)
    assert "deleted while queued" in answer["error"]
    assert "Not Running and terminated" in answer["error"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_finished_job_that_is_forgotten_has_not_failed(engine, monkeypatch, job_file, dialect):
    pbs = engine(dialect, history=False)
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    first, second = submitted(manager, job_file(name="A_1_a")), submitted(manager, job_file("sleep 600", "A_2_b"))
    pbs.wait(lambda jobs: jobs[0]["state"] in "FC" and jobs[1]["state"] == "R")
    statuses = manager.query([first, second])
    assert (statuses[first]["status"], statuses[first]["code"]) == ("finished", None)
    assert statuses[first]["extra"] == {"vanished": True}
    assert statuses[second]["status"] == "running"
    assert manager.query(first)["extra"] == {"vanished": True}


def test_law_s_batches(engine, monkeypatch, job_file):
    pbs = engine("torque", history=False)
    pbs.use(monkeypatch)
    manager = PBSJobManager(threads=2)
    seen = {}
    files = [job_file(name=f"B_{number}_c") for number in range(5)]
    ids = manager.submit_batch(files, callback=seen.__setitem__, retries=3, queue="short", account="atlas")
    assert seen == dict(enumerate(ids))
    assert sorted(ids) == [f"{number}.stub" for number in range(1, 6)]
    assert {(job["queue"], job["account"]) for job in pbs.jobs()} == {("short", "atlas")}
    ended(pbs)
    assert {answer["status"] for answer in manager.query_batch(ids, chunk_size=2).values()} == {"finished"}
    assert manager.cancel_batch(ids, chunk_size=2) == manager.cleanup_batch(ids) == []


def test_jobs_are_found_by_their_names(engine, monkeypatch, job_file):
    pbs = engine("torque")
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    ids = [submitted(manager, job_file(name=name)) for name in ("A_1_a", "A_2_b", "A_2_b")]
    assert manager.find(["A_1_a", "A_2_b", "A_3_c"]) == {"A_1_a": ids[0], "A_2_b": ids[2]}
    assert manager.find([]) == {}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_found_where_no_job_is(engine, monkeypatch, dialect):
    engine(dialect).use(monkeypatch)
    assert PBSJobManager().find(["A_1_a"]) == {}


def test_jobs_of_others_are_not_found(engine, monkeypatch, job_file):
    pbs = engine()
    pbs.use(monkeypatch)
    pbs.answer("qstat", "Job Id: 4.s\n    Job_Name = A_1_a\n    Job_Owner = somebody_else@vm\n    job_state = R\n\n")
    assert PBSJobManager().find(["A_1_a"]) == {}


# answers of a real OpenPBS


@pytest.mark.realdata
def test_recorded_history(recorded):
    recorded(("qstat_xf_several_one_unknown", "-x -E -f 272.vm 270.vm 99999.vm"))
    statuses = PBSJobManager().query(["272.vm", "270.vm", "99999.vm"])
    assert [statuses[job_id]["status"] for job_id in statuses] == ["running", "finished", "finished"]
    assert statuses["270.vm"]["code"] == 0
    assert statuses["99999.vm"]["extra"] == {"vanished": True}


@pytest.mark.realdata
def test_recorded_server_without_history_is_remembered(recorded):
    calls = recorded(
        ("history_off_qstat_xf_running", "-x -f 279.vm"),
        ("history_off_qstat_f_running", "-f 279.vm"),
        ("history_off_qstat_f_finished", "-f 280.vm"),
    )
    manager = PBSJobManager()
    assert manager.query("279.vm")["status"] == "running"
    assert manager.query("280.vm")["extra"] == {"vanished": True}
    assert calls() == 3


@pytest.mark.realdata
def test_recorded_job_that_has_finished_without_history(recorded):
    recorded(("qdel_running", "-x -f 270.vm"), ("qstat_f_finished_without_x", "-f 270.vm"))  # the first is empty
    assert PBSJobManager().query("270.vm")["extra"] == {"vanished": True}


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("qsub_bad_queue", "qsub: Unknown queue"),
        ("qsub_bad_resource", "Illegal attribute or resource value Resource_List.walltime"),
        ("qsub_bad_array", "qsub: illegal -J value"),
    ],
)
def test_recorded_refusals_are_raised_at_once(engine, monkeypatch, job_file, case, sentence):
    pbs = engine()
    pbs.use(monkeypatch)
    pbs.refuse((RECORDED / f"{case}.err").read_text(), int((RECORDED / f"{case}.rc").read_text()))
    monkeypatch.setattr("submit.pbs.manager.sleep", lambda seconds: pytest.fail("this error is not transient"))
    with pytest.raises(CommandError, match=rf"Work_1_abcdef.sh was not submitted: .*{sentence}") as caught:
        PBSJobManager().submit(job_file())
    assert isinstance(caught.value, RefusedJobError) == (case != "qsub_bad_array")
    assert PBSJobManager().submit(job_file(), silent=True) is None


# a server that is not well


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_server_that_is_down_changes_no_state(engine, monkeypatch, job_file, dialect):
    pbs = engine(dialect)
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    job_id = submitted(manager, job_file("sleep 600"))
    pbs.down()
    with pytest.raises(CommandError, match=r"cannot query job.*255"):
        manager.query(job_id)
    with pytest.raises(CommandError, match="cannot query job"):
        raise manager.query_batch([job_id])[job_id]
    with pytest.raises(CommandError, match="cannot delete job"):
        manager.cancel(job_id)
    with pytest.raises(CommandError, match="cannot list the jobs"):
        manager.find(["x"])
    assert manager.query(job_id, silent=True) is None
    manager.cancel(job_id, silent=True)
    pbs.up()
    assert manager.query(job_id)["status"] in ("pending", "running")


def test_a_server_that_does_not_answer(engine, monkeypatch, job_file, configure):
    pbs = engine()
    pbs.use(monkeypatch)
    manager = PBSJobManager(dialect=Dialect.OPENPBS)
    job_id = submitted(manager, job_file())
    pbs.hang()
    configure(pbs_job_query_timeout="0.3", pbs_cmd_timeout="0.2")
    with pytest.raises(CommandError, match="did not answer in time"):
        manager.query(job_id)
    with pytest.raises(CommandError, match="did not answer in time"):
        manager.cancel(job_id)


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        ("", 0, "qstat does not report job.* 1"),
        ("Segmentation fault\n", 0, "no list of jobs but 'Segmentation fault'"),
        ("Job Id: 1.stub\n    job_state = F\n", 0, "qstat does not report job"),
        ("Job Id: 2.stub\n    job_state = F\n    Exit_status = 0\n\n", 0, "qstat does not report job.* 1"),
        ("Job Id: 1.stub\n    Job_Name = A\n\n", 0, "a job without job_state: A"),
        ("", 1, "cannot query job.* ended with 1"),
        ("Job Id: 1.stub\n    job_state = F\n    Exit_status = 0\n\n", 255, "cannot query job.* ended with 255"),
    ],
)
@pytest.mark.parametrize("dialect", Dialect)
def test_an_answer_that_says_nothing(engine, monkeypatch, dialect, text, code, error):
    pbs = engine()
    pbs.use(monkeypatch)
    pbs.answer("qstat", text, code)
    with pytest.raises(CommandError, match=error):
        PBSJobManager(dialect=dialect).query("1.stub")


def test_a_job_that_is_missing_in_the_answer_is_asked_for_alone(engine, monkeypatch, job_file):
    # Torque may stop at the first job that it does not know
    pbs = engine("torque")
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    ids = [submitted(manager, job_file(name=f"A_{number}_a")) for number in range(2)]
    ended(pbs)
    asked = []
    ask = manager._qstat

    def stop_early(chunk, *rest):
        asked.append(chunk)
        answer = ask(chunk[:1] if "9.stub" in chunk else chunk, *rest)
        assert answer.code == (153 if chunk[0] == "9.stub" else 0)
        return answer

    monkeypatch.setattr(manager, "_qstat", stop_early)
    statuses = manager.query(["9.stub", *ids])
    assert asked == [["9.stub", *ids], [ids[0]], [ids[1]]]
    assert [statuses[job_id]["code"] for job_id in statuses] == [None, 0, 0]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_job_is_submitted_when_the_server_is_back(engine, monkeypatch, job_file, dialect):
    pbs = engine(dialect)
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    assert manager.dialect.value in (dialect, "torque")
    pbs.down()
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 8:
            pbs.up()

    monkeypatch.setattr("submit.pbs.manager.sleep", sleep)
    assert manager.submit(job_file()) == ("1" if dialect == "slurm" else "1.stub")
    assert waits == [3, 6, 12, 24, 48, 60, 60, 60]
    assert len(pbs.submissions()) == 1


def test_patience_ends(engine, monkeypatch, job_file, configure):
    pbs = engine()
    pbs.use(monkeypatch)
    manager = PBSJobManager()
    assert manager.dialect is Dialect.OPENPBS
    pbs.down()
    configure(pbs_submit_patience=0)
    with pytest.raises(
        CommandError, match=r"(?s)was not submitted: .* ended with 162: Connection refused.*cannot connect"
    ):
        manager.submit(job_file())


@pytest.mark.parametrize(
    ("dialect", "fault"), [("openpbs", "accept-and-hang"), ("openpbs", "accept-and-fail"), ("slurm", "accept-and-fail")]
)
def test_a_job_that_was_accepted_without_an_answer_is_not_submitted_twice(
    engine, monkeypatch, job_file, configure, dialect, fault
):
    pbs = engine(dialect)
    pbs.use(monkeypatch)
    pbs.switch(fault, "183\nqsub: End of File")
    manager = PBSJobManager()
    assert manager.dialect
    configure(pbs_cmd_timeout=1)
    assert submitted(manager, job_file("sleep 600")) == ("1" if dialect == "slurm" else "1.stub")
    assert len(pbs.submissions()) == 1


def test_nothing_is_submitted_again_before_the_server_has_been_asked(engine, monkeypatch, job_file):
    pbs = engine()
    pbs.use(monkeypatch)
    pbs.switch("accept-and-fail", "183\nqsub: End of File")
    manager = PBSJobManager(dialect=Dialect.OPENPBS)
    answers = iter([lambda: pbs.answer("qstat", "", 255), lambda: None, pbs.well])
    monkeypatch.setattr("submit.pbs.manager.sleep", lambda seconds: next(answers)())
    assert manager.submit(job_file("sleep 600")) == "1.stub"
    assert len(pbs.submissions()) == 1


def test_a_nameless_job_that_was_perhaps_accepted_is_an_error(engine, monkeypatch, job_file, configure):
    pbs = engine()
    pbs.use(monkeypatch)
    manager = PBSJobManager(dialect=Dialect.OPENPBS)
    pbs.hang()
    configure(pbs_cmd_timeout="0.2")
    path = job_file()
    path.write_text("true\n")
    with pytest.raises(CommandError, match=r"was not submitted: .* did not answer in time"):
        submitted(manager, path)


def test_what_is_left_running_by_a_command_is_not_waited_for(configure, tmp_path):
    # qsub of OpenPBS leaves a process behind that holds its output open
    script = tmp_path / "qsub"
    script.write_text("#!/bin/bash\nsleep 5 &\necho $! > child\necho 7.s\n")
    script.chmod(0o755)
    configure(pbs_cmd_qsub=script, pbs_cmd_timeout=60)
    (tmp_path / "job.sh").write_text("true\n")
    manager = PBSJobManager(dialect=Dialect.OPENPBS)
    assert manager.submit(tmp_path / "job.sh") == "7.s"
    subprocess.run(["kill", (tmp_path / "child").read_text().strip()], check=True)  # still there


# the dialect


def test_making_a_manager_starts_no_process(monkeypatch):
    monkeypatch.setattr("submit.pbs.manager.run_command", lambda *words, **more: pytest.fail("a process"))
    assert PBSJobManager(threads=3).threads == 3


@pytest.mark.parametrize("dialect", Dialect)
def test_the_dialect_of_law_cfg(configure, monkeypatch, dialect):
    monkeypatch.setattr("submit.pbs.manager.run_command", lambda *words, **more: pytest.fail("a process"))
    configure(pbs_dialect=dialect.value)
    assert PBSJobManager().dialect is dialect


@pytest.mark.parametrize(("dialect", "options"), [("openpbs", ""), ("torque", "-j oe -o {path}.log -r n ")])
def test_what_slurm_reads_nowhere_else_stands_on_the_command_line(configure, tmp_path, job_file, dialect, options):
    script = tmp_path / "qsub"
    script.write_text('#!/bin/bash\necho "$@" > said\necho 7\n')
    script.chmod(0o755)
    configure(pbs_cmd_qsub=script, pbs_dialect=dialect)
    path = job_file("#PBS -r n")
    path.write_text(path.read_text().replace("#PBS -j oe\n", "").replace("#PBS -o", "#PBS -j oe\n#PBS -o"))
    assert PBSJobManager().submit(path, queue="short", account="atlas") == "7"
    assert (path.parent / "said").read_text() == f"-q short -A atlas {options.format(path=path)}{path.name}\n"


def test_the_dialect_is_asked_for_once(engine, monkeypatch):
    engine("torque").use(monkeypatch)
    manager = PBSJobManager()
    dialects = []
    threads = [threading.Thread(target=lambda: dialects.append(manager.dialect)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dialects == [Dialect.TORQUE] * 3
    Config.instance()._sections["job"]["pbs_cmd_qstat"] = "false"  # the engine's fixture puts it back
    assert manager.dialect is Dialect.TORQUE


def test_dialects_that_nobody_speaks(configure):
    configure(pbs_dialect="sge")
    with pytest.raises(CommandError, match="pbs_dialect = 'sge': it must be one of auto, openpbs, torque"):
        _ = PBSJobManager().dialect
    configure(pbs_dialect="auto", pbs_cmd_qstat="/no/qstat")
    with pytest.raises(CommandError, match=r"cannot run '/no/qstat': No such file .*pbs_cmd_\* in \[job\] of law.cfg"):
        _ = PBSJobManager().dialect
    configure(pbs_cmd_qstat="sh -c 'exit 127'")
    with pytest.raises(CommandError, match=r"cannot tell OpenPBS from Torque: .*or set pbs_dialect"):
        _ = PBSJobManager().dialect
