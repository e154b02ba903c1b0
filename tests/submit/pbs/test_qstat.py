"""What PBS answers, as a real OpenPBS said it and as Torque and Slurm's wrappers say it."""

from pathlib import Path

import pytest

from submit.errors import CommandError
from submit.pbs.qstat import (
    UNKNOWN_JOB,
    Dialect,
    detect_dialect,
    find_finished_ids,
    find_unknown_ids,
    format_job_name,
    is_transient,
    keeps_no_history,
    parse_job_id,
    parse_qstat,
    parse_status,
    strip_server,
)

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "pbs" / "openpbs-23.06"
OPENPBS, TORQUE = Dialect.OPENPBS, Dialect.TORQUE

SLURM = """Job Id:\t12
\tJob_Name = ParseFile_1_a1b2c3
\tJob_Owner = root@vm
\tjob_state = C
\tqueue = debug
\texec_host = vm/1
\teuser = root(0)

Job Id:\t13
\tJob_Name = a = b,c
\tjob_state = R

"""


def recorded(case, what="out"):
    path = RECORDED / f"{case}.{what}"
    return path.read_text() if path.is_file() else ""


def job(state, **more):
    return {"job_state": state, **more}


CASES = {  # what was recorded: for every id status, code and a part of the error
    "qstat_f_running": {"272.vm": ("running", None, None)},
    "qstat_f_queued": {"275.vm": ("pending", None, None)},
    "qstat_f_held": {"274.vm": ("pending", None, None)},
    "qstat_f_depend": {"277.vm": ("pending", None, None)},
    "qstat_xf_finished_ok": {"270.vm": ("finished", 0, None)},
    "qstat_xf_finished_failed": {"271.vm": ("failed", 3, "exit status 3; PBS says: Job run at Sun Nov 22 at 12:48 on")},
    "qstat_xf_walltime": {"273.vm": ("failed", -29, "exceeded its walltime; PBS says: Job run at")},
    # recorded while PBS was still killing it: only its comment knows
    "qstat_xf_deleted_while_running": {"272.vm": ("running", None, None)},
    "qstat_xf_deleted_while_queued": {"275.vm": ("failed", None, "ncpus (R: 64 A: 2 T: 2) and terminated")},
    "qstat_xf_dependency_dropped": {"277.vm": ("pending", None, None)},
    "qstat_xf_array": {"276[].vm": ("finished", 0, None)},
    "qstat_xf_several_one_unknown": {"272.vm": ("running", None, None), "270.vm": ("finished", 0, None)},
    "qstat_xtf_array_subjobs": {
        "276[].vm": ("finished", 0, None),
        **{f"276[{part}].vm": ("finished", 0, None) for part in range(3)},
    },
    "history_off_qstat_f_running": {"279.vm": ("running", None, None)},
}
OTHERS = {  # cases without a list of jobs
    "history_off_qstat_f_finished", "history_off_qstat_xf_running", "qdel_finished", "qdel_running", "qdel_unknown",
    "qstat_f_finished_without_x", "qstat_unknown", "qstat_xf_json_several", "qsub_bad_array", "qsub_bad_queue",
    "qsub_bad_resource", "qsub_ok",
}  # fmt: skip


@pytest.mark.realdata
def test_every_recorded_case_is_looked_at():
    assert {path.stem for path in RECORDED.glob("*.rc")} == CASES.keys() | OTHERS


@pytest.mark.realdata
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("case", CASES)
def test_recorded_jobs(case, line_end):
    jobs = parse_qstat(recorded(case).replace("\n", line_end))
    assert jobs.keys() == CASES[case].keys()
    for job_id, (status, code, error) in CASES[case].items():
        parsed = parse_status(jobs[job_id], OPENPBS)
        assert (parsed.status, parsed.code) == (status, code)
        assert (error in parsed.error) if error else parsed.error is None


@pytest.mark.realdata
def test_recorded_attributes_are_whole():
    attributes = parse_qstat(recorded("qstat_xf_several_one_unknown"))["270.vm"]
    assert attributes["Submit_arguments"] == (
        "-N parse_file -l select=1:ncpus=1:mem=50mb -l walltime=00:05:00 -j oe ok.sh"
    )
    assert attributes["comment"] == "Job run at Sun Nov 22 at 12:48 on (vm:ncpus=1:mem=51200kb) and finished"
    assert attributes["Resource_List.select"] == "1:ncpus=1:mem=50mb"
    assert attributes["Variable_List"].startswith("PBS_O_HOME=/home/alice,PBS_O_LANG=C.UTF-8,PBS_O_LOGNAME=alice,")
    assert attributes["Submit_Host"] == "vm"
    assert parse_status(attributes, OPENPBS).extra == {"remote_host": "vm"}


@pytest.mark.realdata
def test_recorded_errors():
    assert find_unknown_ids(recorded("qstat_unknown", "err")) == {"99999"}
    assert find_unknown_ids(recorded("qstat_xf_several_one_unknown", "err")) == {"99999"}
    assert find_unknown_ids(recorded("history_off_qstat_f_finished", "err")) == {"280"}
    assert find_unknown_ids(recorded("qdel_unknown", "err")) == {"99999"}
    assert find_finished_ids(recorded("qstat_f_finished_without_x", "err")) == {"270"}
    assert find_finished_ids(recorded("qdel_finished", "err")) == {"270"}
    assert keeps_no_history(recorded("history_off_qstat_xf_running", "err"))
    assert not keeps_no_history(recorded("qstat_f_finished_without_x", "err"))
    assert parse_job_id(recorded("qsub_ok")) == "270.vm"


@pytest.mark.realdata
@pytest.mark.parametrize("case", ["qsub_bad_queue", "qsub_bad_resource", "qsub_bad_array"])
def test_recorded_refusals_are_not_transient(case):
    assert not is_transient(int(recorded(case, "rc")), recorded(case, "err"))


@pytest.mark.realdata
def test_json_is_not_taken_for_a_list_of_jobs():
    with pytest.raises(CommandError, match=r"qstat printed no list of jobs but '\{"):
        parse_qstat(recorded("qstat_xf_json_several"))


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("pbs_version = 23.06.06", OPENPBS),
        ("pbs_version = PBSPro_13.1.1.162303", OPENPBS),
        ("PBSPro_19.1.3", OPENPBS),
        ("Version: 6.1.2\nCommit: 661e092552de43a785c15d39a3634a541d86898e", TORQUE),
        ("version: 2.5.13", TORQUE),
        ("Unknown option: version\nUsage:\n    qstat [-f] [-a|-i|-r]", TORQUE),
        ("", TORQUE),
    ],
)
def test_dialects_are_detected(text, dialect):
    assert detect_dialect(text) is dialect


def test_slurm_indents_with_tabs():
    jobs = parse_qstat(SLURM)
    assert jobs.keys() == {"12", "13"}
    assert jobs["12"]["euser"] == "root(0)"
    assert jobs["13"] == {"Job_Name": "a = b,c", "job_state": "R"}
    assert parse_status(jobs["12"], TORQUE).extra == {"remote_host": "vm", "no_exit_status": True}


def test_values_may_hold_everything():
    text = (
        "Job Id: 1.s\n    comment = a = b, c\n\t = d\n    empty = \n    job_state = Q\n    v = Job Id: \n\tJob Id: 7\n"
    )
    assert parse_qstat(text + "\n") == {
        "1.s": {"comment": "a = b, c = d", "empty": "", "job_state": "Q", "v": "Job Id: Job Id: 7"}
    }


def test_an_empty_line_inside_a_value_does_not_end_a_job():
    assert parse_qstat("Job Id: 1.s\n    v = a\n\n    Exit_status = 0\n\n")["1.s"]["Exit_status"] == "0"


def test_nothing_is_no_job():
    assert parse_qstat("") == parse_qstat("\n\n") == {}


def test_a_job_that_is_cut_off_is_left_out():
    # at whatever byte the answer stops, no job is read that lacks its end
    text = (
        "Job Id: 1.s\n    job_state = F\n    Exit_status = 0\n\nJob Id: 2.s\n    job_state = F\n    Exit_status = 0\n\n"
    )
    whole = parse_qstat(text)
    for end in range(12, len(text)):
        jobs = parse_qstat(text[:end])
        assert jobs == {job_id: whole[job_id] for job_id in jobs}


@pytest.mark.parametrize("text", ["Segmentation fault\n", "<Data><Job><Job_Id>1.s</Job_Id></Job></Data>\n\n"])
def test_garbage_is_an_error(text):
    with pytest.raises(CommandError, match="qstat printed no list of jobs but '"):
        parse_qstat(text)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize(
    ("states", "status"), [("QHWT", "pending"), ("RES", "running"), ("?", "running")]
)  # fmt: skip
def test_states_of_jobs_that_have_not_ended(states, status, dialect):
    # an exit status that is shown early (Torque shows that of the last attempt) does not end a job
    assert {parse_status(job(state, Exit_status="1"), dialect).status for state in states} == {status}


@pytest.mark.parametrize(("state", "status"), [("U", "running"), ("B", "running"), ("M", "pending")])
def test_states_of_openpbs_alone(state, status):
    assert parse_status(job(state), OPENPBS).status == status


@pytest.mark.parametrize(("state", "dialect"), [("F", OPENPBS), ("X", OPENPBS), ("C", TORQUE)])
@pytest.mark.parametrize("name", ["Exit_status", "exit_status"])
def test_success_is_an_exit_status_of_zero(state, dialect, name):
    assert (parse_status(job(state, **{name: "0"}), dialect).status) == "finished"
    parsed = parse_status(job(state, **{name: "60"}), dialect)
    assert (parsed.status, parsed.code, parsed.error) == ("failed", 60, "exit status 60")


def test_an_end_without_an_exit_status():
    parsed = parse_status(job("F", comment="dropped"), OPENPBS)
    assert (parsed.status, parsed.code) == ("failed", None)
    assert parsed.error == (
        "ended without an exit status: deleted while queued, or its dependency was dropped; PBS says: dropped"
    )
    parsed = parse_status(job("C"), TORQUE)
    assert (parsed.status, parsed.code, parsed.error, parsed.extra) == (
        "finished",
        None,
        None,
        {"no_exit_status": True},
    )


@pytest.mark.parametrize(
    ("dialect", "code", "error"),
    [
        (OPENPBS, -29, "exceeded its walltime"),
        (TORQUE, -11, "exceeded its walltime"),
        (OPENPBS, -27, "used more memory than requested"),
        (TORQUE, -10, "used more memory than requested"),
        (OPENPBS, -10, "the user or group is not known on the node"),
        (OPENPBS, -99, "ended by PBS with the unknown exit status -99"),
        (OPENPBS, 271, "killed by signal 15"),
        (TORQUE, 265, "killed by signal 9"),
        (OPENPBS, 256, "exit status 256"),
        (OPENPBS, 137, "exit status 137 (as after signal 9)"),
        (OPENPBS, 128, "exit status 128"),
        (OPENPBS, 255, "exit status 255"),
    ],
)
def test_the_meaning_of_an_exit_status(dialect, code, error):
    parsed = parse_status(job("F", Exit_status=str(code)), dialect)
    assert (parsed.status, parsed.code, parsed.error) == ("failed", code, error)


def test_answers_that_say_nothing_are_errors():
    with pytest.raises(CommandError, match="a job without job_state: a_name"):
        parse_status({"Job_Name": "a_name"}, OPENPBS)
    with pytest.raises(CommandError, match="qstat printed 'soon' as an exit status"):
        parse_status(job("F", Exit_status="soon"), OPENPBS)


def test_a_vanished_job_has_not_failed():
    parsed = UNKNOWN_JOB
    assert (parsed.status, parsed.code, parsed.error, parsed.extra) == ("finished", None, None, {"vanished": True})


@pytest.mark.parametrize(
    ("out", "job_id"),
    [
        ("123.server\n", "123.server"),
        ("123[].server.cern.ch\n", "123[].server.cern.ch"),
        ("123\n", "123"),
        ("Welcome to the cluster\nqueue 7 is busy\n\n 12.vm-1 \r\n\n", "12.vm-1"),
        ("There was an error running the Slurm sbatch command.\n", None),
        ("", None),
    ],
)
def test_the_id_of_a_submitted_job(out, job_id):
    assert parse_job_id(out) == job_id


def test_ids_are_compared_without_the_server():
    assert [strip_server(job_id) for job_id in ("12.a.b", "12", "12[3].a", "12[].a")] == ["12", "12", "12[3]", "12[]"]
    assert find_unknown_ids("qstat: Unknown Job Id Error 5.s\nqstat: Unknown Job Id 6[].s\n") == {"5", "6[]"}


@pytest.mark.parametrize(
    ("code", "text", "transient"),
    [
        (255, "", True),
        (162, "", True),
        (1, "sbatch: error: Unable to contact slurm controller (connect failure)", True),
        (1, "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", True),
        (1, "qsub: cannot connect to server vm (errno=15010)", True),
        (170, "qsub: Unknown queue", False),
        (1, "sbatch: error: invalid partition specified: nowhere", False),
        (159, "qsub: Unauthorized Request", False),
    ],
)
def test_transient_errors(code, text, transient):
    assert is_transient(code, text) is transient


@pytest.mark.parametrize(
    ("name", "dialect", "clean"),
    [
        ("ParseFile_12_a1b2c3", OPENPBS, "ParseFile_12_a1b2c3"),
        ("ParseFile_12_a1b2c3", TORQUE, "Parse_12_a1b2c3"),
        ("ParseFile_12345_a1b2c3", TORQUE, "Pa_12345_a1b2c3"),
        ("ParseFile_123456789_a1b2c3", TORQUE, "ParseFil_a1b2c3"),
        ("averylongnamewithoutanyparts", TORQUE, "Jithoutanyparts"),
        ("short", TORQUE, "short"),
        ("12 é/x", OPENPBS, "J12___x"),
        ("", OPENPBS, "J"),
        ("a.b+c-d", OPENPBS, "a.b+c-d"),
    ],
)
def test_names_of_jobs(name, dialect, clean):
    assert format_job_name(name, dialect) == clean


def test_names_are_cut_to_what_the_dialect_takes():
    assert len(format_job_name("x" * 300, OPENPBS)) == 230
    assert len(format_job_name("x" * 300 + "_1_abcdef", OPENPBS)) == 230
    assert len(format_job_name("x" * 300 + "_1_abcdef", TORQUE)) == 15
    assert format_job_name("x" * 300 + "_1_abcdef", TORQUE).endswith("_1_abcdef")
