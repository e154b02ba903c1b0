"""Stages as jobs: whose options count, which job data are whose, and what is submitted."""

import base64
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from law.config import Config
from law.job.base import BaseJobManager

from tests.support.pbs_engine import engine
from tests.support.runs import LUIGI, finish
from tests.support.toy_files import toy_file

__all__ = ["engine"]


@pytest.fixture
def pbs(engine, monkeypatch):
    """A server that starts no job."""
    server = engine()
    server.pause()
    server.use(monkeypatch)
    return server


def submit(run, *words, task="ParseFile", engine="pbs", **more):
    """Submit the jobs of a stage and wait for none."""
    return run.attempt("--workflow", engine, "--no-poll", *words, task=task, **more)


def branches(job):
    """Read from the files of a job which branches it runs."""
    words = shlex.split(Path(job["script"]).read_text().splitlines()[-1])
    return [int(number) for number in base64.b64decode(words[words.index("ParseFile") + 2]).split()]


def test_options_of_one_stage_count_there_and_nowhere_else(run, engine):
    server = engine()
    options = {"workflow": "pbs", "tasks-per-job": "2", "pbs-walltime": "2h", "poll-interval": "0.2s", "retries": "0"}
    words = [word for name, value in options.items() for word in (f"--ParseFile-{name}", value)]
    # a process of its own: law remembers the first command line
    done = finish([LUIGI, *run.arguments(*words, task="ComputeMasses")], run.folder, **server.environment)
    assert done.status == 0, done.text
    assert sorted(branches(job) for job in server.submissions()) == [[0, 1], [2]]
    assert all("walltime=02:00:00" in job["resources"] for job in server.submissions())
    assert [path.name for path in (run.out / "logs" / "jobs").iterdir()] == ["ParseFile"]


def test_the_products_of_jobs_are_told_where_they_were_asked_for(run, engine):
    run(task="FillHistograms")  # MakeHistograms alone makes a job
    server = engine()
    words = ["--workflow", "pbs", "--poll-interval", "0.2s"]
    done = finish([LUIGI, *run.arguments(*words)], run.folder, **server.environment, LAW__job__outputs_grace="0s")
    assert done.status == 0, done.text
    assert len(server.submissions()) == 1
    (product,) = run.products("histograms")
    (announced,) = re.findall(r"^files: (\d+) histograms, .* wants, in (\S+)$", done.text, re.MULTILINE)
    assert announced == (str(len(run.histograms())), str(product))


def test_another_list_of_files_has_job_data_of_its_own(run, files, pbs):
    assert submit(run).status == 0
    assert submit(run).status == 0
    assert len(pbs.submissions()) == 3
    toy_file(files[1], 99)
    assert submit(run).status == 0
    assert len(pbs.submissions()) == 6
    assert submit(run, selection="default").status == 0  # other products
    assert len(pbs.submissions()) == 9
    assert len(list((run.out / "logs" / "jobs" / "ParseFile").glob("pbs_jobs_*.json"))) == 3


def test_another_number_of_tasks_per_job_follows_what_runs(run, pbs):
    submit(run, "--tasks-per-job", "2")
    submit(run, "--tasks-per-job", "1")
    assert sorted(branches(job) for job in pbs.submissions()) == [[0, 1], [2]]


def test_cancelling_the_last_stage_cancels_the_jobs_of_all(run, pbs):
    submit(run)
    outcome = run.attempt("--workflow", "pbs", "--cancel-jobs", task="MakeHistograms")
    assert outcome.status == 0, outcome.text
    assert [job["state"] for job in pbs.jobs()] == ["F"] * 3
    assert not list((run.out / "logs" / "jobs").rglob("*.json"))
    assert submit(run).status == 0
    assert len(pbs.submissions()) == 6


def test_jobs_get_what_they_need_and_nothing_that_breaks_them(run, pbs, monkeypatch):
    monkeypatch.setenv("X509_USER_PROXY", "/home/o'neil/proxy")
    submit(run, "--pbs-queue", "long", "--pbs-memory", "3GB", "--workers", "2", "--ParseFile-threads", "4")
    job = pbs.submissions()[0]
    assert job["queue"] == "long"
    assert "mem=3gb" in job["resources"]
    assert Path(job["log"]).parent == run.out / "logs" / "jobs" / "ParseFile" / "logs"
    bootstrap = (run.out / "logs" / "jobs" / "ParseFile" / "bootstrap.sh").read_text()
    assert "export X509_USER_PROXY='/home/o'\\''neil/proxy'" in bootstrap
    assert f"export PIPELINE_BIN='{Path(sys.executable).parent}'" in bootstrap


CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
PROXY = "http://me:pass'word@proxy.example.org:3128"


def test_jobs_reach_the_network_as_the_submitting_command_does(run, pbs, monkeypatch, tmp_path):
    expected = dict.fromkeys(
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"], PROXY
    )
    expected |= {"NO_PROXY": ".example.org", "no_proxy": "localhost"}
    expected |= {"CERN_OPENDATA_BASE_URL": "http://mirror/", "ATLAS_API_BASE_URL": "http://mirror/atlas"}
    for name in CERTIFICATES:
        expected[name] = f"{tmp_path}/ca.pem"
        monkeypatch.setenv(name, "ca.pem")
    for name, value in expected.items():
        if name not in CERTIFICATES:
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert submit(run).status == 0
    (path,) = (run.out / "logs" / "jobs").rglob("bootstrap.sh")
    assert path.stat().st_mode & 0o777 == 0o600  # the proxy's password is nobody else's
    assert in_job(path) == expected


def in_job(bootstrap, **environment):
    """Give what the first lines of a job's bootstrap file export."""
    lines = bootstrap.read_text().split("export PIPELINE_JOB")[0]
    env = {"PATH": os.environ["PATH"], **environment}
    words = ["/bin/bash", "-c", f"unset PWD SHLVL OLDPWD _\n{lines}\nexec env -0"]
    printed = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
    exported = dict(item.split("=", 1) for item in printed.split("\0") if item)
    return {
        name: value for name, value in exported.items() if name not in {*env, "PWD", "SHLVL", "_", "LAW_CONFIG_FILE"}
    }


def test_jobs_use_the_temporary_folder_where_the_node_has_it_and_names_none(run, pbs, monkeypatch, tmp_path):
    (folder := tmp_path / "it's tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    for name in CERTIFICATES:
        monkeypatch.delenv(name, raising=False)
    assert submit(run).status == 0
    (path,) = (run.out / "logs" / "jobs").rglob("bootstrap.sh")
    assert in_job(path) == {"TMPDIR": str(folder)}
    assert in_job(path, LAW_JOB_ORIGINAL_TMPDIR="/var/tmp/pbs.7") == {}
    folder.rmdir()
    assert in_job(path) == {}


@pytest.mark.parametrize("engine_name", ["pbs", "slurm", "htcondor"])
@pytest.mark.parametrize(
    ("name", "characters"),
    [
        ("a$(touch${IFS}X)b", "$({})"),
        ("a b", " "),
        ("a;b", ";"),
        ("a`b`", "`"),
        ("a'b", "'"),
        ("a\\b", "\\"),
        ("*", "*"),
    ],
)
def test_a_path_that_a_shell_would_not_take_as_it_is_is_refused_at_the_start(run, engine_name, name, characters):
    folder = str(run.folder / name)
    end = submit(run, engine=engine_name, base_output_dir=folder)
    assert end.status != 0
    assert (
        f"base_output_dir = {folder!r}: with --workflow {engine_name} its path may not have {characters!r}" in end.text
    )
    assert "choose a path of letters, digits and" in end.text
    assert not Path(folder).exists()


def test_a_path_with_other_letters_is_taken(run, pbs):
    assert submit(run, base_output_dir=run.folder / "Läufe,v=1+2@x%").status == 0
    assert len(pbs.submissions()) == 3


def test_here_any_path_will_do(run):
    assert run(task="FetchMetadata", base_output_dir=run.folder / "a$(b) c").status == 0


@pytest.mark.parametrize("option", ["pbs_queue", "pbs_account", "slurm_partition", "htcondor_pool"])
def test_names_with_characters_of_shells_are_refused(run, option):
    end = submit(run, **{option: "a$(touch${IFS}X)"})
    assert end.status != 0
    assert f"{option} = 'a$(touch${{IFS}}X)': it may not have '$({{}})', which shells interpret" in end.text


def test_htcondor_gets_a_job_file(run, tmp_path, monkeypatch):
    stub = tmp_path / "condor_submit"
    stub.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho "1 job(s) submitted to cluster 7."\n')
    stub.chmod(0o755)
    monkeypatch.setitem(Config.instance()._sections["job"], "htcondor_cmd_submit", str(stub))
    outcome = submit(run, "--htcondor-memory", "2gb", engine="htcondor", files_per_branch=3)
    assert outcome.status == 0, outcome.text
    (name,) = (tmp_path / "asked").read_text().split()
    assert "_r_ParseFile_1_" in name
    folder = run.out / "logs" / "jobs" / "ParseFile"
    text = (folder / "job_files" / name).read_text()
    assert re.search(r"^executable = \S*law_job\S*\.sh$", text, re.MULTILINE)
    assert "request_memory = 2048MB" in text
    arguments = re.search(r"^arguments = .* ParseFile (\S+) ", text, re.MULTILINE)[1]
    assert "--module" not in base64.b64decode(arguments).decode()
    assert f"{folder}/bootstrap.sh" in "".join(path.read_text() for path in (folder / "job_files").iterdir())
    (data,) = folder.glob("htcondor_jobs_*.json")
    assert json.loads(data.read_text())["jobs"]["1"]["job_id"] == "7.0"


def test_jobs_of_slurm_are_named_and_request_what_was_asked_for(run, tmp_path, monkeypatch):
    stub = tmp_path / "sbatch"
    stub.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho "Submitted batch job 7"\n')
    stub.chmod(0o755)
    monkeypatch.setitem(Config.instance()._sections["job"], "slurm_cmd_sbatch", str(stub))
    words = ["--slurm-walltime", "90m", "--slurm-memory", "2gb", "--slurm-ncpus", "2", "--slurm-account", "atlas"]
    words += ["--slurm-partition", "long", "--transfer-logs", "True"]
    for selection in ("none", "default"):  # two variants of one run, at the same time
        outcome = submit(run, *words, engine="slurm", files_per_branch=3, selection=selection)
        assert outcome.status == 0, outcome.text
    asked = (tmp_path / "asked").read_text().splitlines()
    assert all(line.startswith("--partition long slurm_job_") for line in asked)
    assert len({*asked}) == 2
    folder = run.out / "logs" / "jobs" / "ParseFile"
    names = [re.search(r"(r_ParseFile_1_\w{6})\.sh", line)[1] for line in asked]
    text = (folder / "job_files" / asked[0].split()[-1]).read_text()
    expected = {"job-name": names[0], "output": f"{folder}/logs/{names[0]}.log", "time": "01:30:00", "mem": "2G"}
    expected |= {"cpus-per-task": "2", "account": "atlas", "chdir": str(folder)}
    assert expected.items() <= dict(re.findall(r"^#SBATCH --([\w-]+)=(.*)$", text, re.MULTILINE)).items()
    assert f"export PIPELINE_JOB_LOG={folder}/logs/stdall_{names[0]}.txt" in text
    assert f"\n{folder}/law_job.sh tasks.stages.inputs.parse_file ParseFile " in text
    arguments = base64.b64decode(text.split(" ParseFile ")[1].split()[0]).decode()
    assert "--module" not in arguments
    assert "--local-scheduler" in arguments
    assert 'local bootstrap_file="' + str(folder / "bootstrap.sh") in (folder / "law_job.sh").read_text()
    assert "{{" not in (folder / "law_job.sh").read_text()


COMMANDS = {"pbs": "pbs_cmd_qsub", "slurm": "slurm_cmd_sbatch", "htcondor": "htcondor_cmd_submit"}


@pytest.mark.parametrize("system", COMMANDS)
@pytest.mark.parametrize("command", ["/nonexistent/command", "no-such-command -x", "{folder}"])
def test_a_command_that_does_not_exist_is_named_and_not_tried_again(run, pbs, monkeypatch, capsys, system, command):
    keys = Config.instance()._sections["job"]
    monkeypatch.setitem(keys, COMMANDS[system], command := command.format(folder=run.folder))
    monkeypatch.setattr("law.job.base.BaseJobManager.submit_batch", _impatient(BaseJobManager.submit_batch))
    outcome = run.attempt("--workflow", system, "--poll-interval", "0.1s", task="ParseFile")
    assert outcome.status == 30
    assert "all: 3" not in capsys.readouterr().out  # no poll
    assert f"branch 0,1,2: cannot run {command.split()[0]!r}: " in outcome.text
    assert "[job] of law.cfg\nFix the cause" in outcome.text
    monkeypatch.setitem(keys, "pbs_cmd_qstat", "/nonexistent/qstat")
    monkeypatch.setitem(keys, "slurm_cmd_squeue", "/nonexistent/squeue")
    again = run.attempt("--workflow", system, "--poll-interval", "0.1s", task="ParseFile")
    assert "may have been submitted" not in again.text
    assert "cannot run" in again.text


@pytest.mark.parametrize("system", COMMANDS)
def test_why_a_job_was_refused_is_told_in_the_end(run, pbs, tmp_path, monkeypatch, system):
    stub = tmp_path / "refuses"
    stub.write_text("#!/bin/sh\necho 'error: not on Sundays' >&2\nexit 1\n")
    stub.chmod(0o755)
    monkeypatch.setitem(Config.instance()._sections["job"], COMMANDS[system], str(stub))
    monkeypatch.setattr("law.job.base.BaseJobManager.submit_batch", _impatient(BaseJobManager.submit_batch))
    outcome = run.attempt(
        *("--workflow", system, "--retries", "0", "--poll-interval", "0.1s"), task="ParseFile", files_per_branch=3
    )
    assert outcome.status == 30
    assert re.search(r"^branch 0: .*(not submitted|failed):?.*\s+error: not on Sundays$", outcome.text, re.MULTILINE)
    assert "log: " not in outcome.text
    assert "unknown job id" not in outcome.text


def _impatient(submit_batch):
    """Submit once: law tries three times more, three seconds later each."""
    return lambda *args, **kwargs: submit_batch(*args, **kwargs | {"retries": 0})


def test_a_stage_that_alone_becomes_jobs_is_refused_such_a_path_too(run):
    folder = run.folder / "a$(b)"
    end = run.attempt("--ParseFile-workflow", "pbs", base_output_dir=folder)
    assert end.status != 0
    assert f"base_output_dir = {str(folder)!r}: with --workflow pbs its path may not have '$()'" in end.text
    assert not folder.exists()
