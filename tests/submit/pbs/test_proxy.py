"""The files of a job: its log and directives; tests/submit/pbs/test_workflow.py runs such jobs."""

from pathlib import Path

from submit.pbs.job_files import read_directives


def test_a_job_file_holds_what_the_parameters_say(proxy, tmp_path):
    made = proxy(pbs_queue="long", pbs_account="atlas", pbs_memory="2gb", pbs_walltime=1.5, pbs_ncpus=2)
    job_file = made.create_job_file(2, [2, 3])
    name = made.format_job_name(2, [2, 3])
    assert Path(job_file["job"]).parent == tmp_path / "pbs_jobs"
    assert job_file["log"] == f"{tmp_path}/logs/{name}.log"
    directives = read_directives(Path(job_file["job"]))
    assert directives[:4] == [("-N", name), ("-q", "long"), ("-A", "atlas"), ("-o", job_file["log"])]
    assert directives[4] == ("-l", "nodes=1:ppn=2,mem=2gb,walltime=01:30:00")


def test_a_directory_of_law_cfg_holds_the_job_files(proxy, configure, tmp_path):
    configure(pbs_job_file_dir=tmp_path / "configured")
    assert Path(proxy().create_job_file(1, [0])["job"]).parent == tmp_path / "configured"


def test_transferred_logs_are_named_too(proxy):
    made = proxy(transfer_logs=True)
    job_file = made.create_job_file(1, [0])
    assert Path(job_file["log"]).name == f"stdall_{made.format_job_name(1, [0])}.txt"
