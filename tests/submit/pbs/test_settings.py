"""The keys of PBS in law.cfg, and their defaults."""

import os
import subprocess
import sys

import pytest

from submit.pbs.settings import get_command, get_directives, get_seconds, get_setting


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("None", []),
        ("-l place=pack; -W group_list=atlas", ["-l place=pack", "-W group_list=atlas"]),
        ("\n-l place=pack\n-W a=b;\n", ["-l place=pack", "-W a=b"]),
        ("-V", ["-V"]),
    ],
)
def test_further_options_of_law_cfg(configure, text, options):
    configure(pbs_directives=text)
    assert get_directives() == options


@pytest.mark.parametrize("text", ["place=pack", "-l a; b", "--", "-1 x"])
def test_what_is_no_option(configure, text):
    configure(pbs_directives=text)
    with pytest.raises(ValueError, match=r"\[job\] pbs_directives: '.*' is no option of qsub"):
        get_directives()


def test_law_cfg_and_the_environment_win_over_the_defaults(tmp_path):
    (tmp_path / "law.cfg").write_text(
        "[job]\npbs_chunk_size_query = 7\npbs_cmd_qdel = from_cfg\npbs_directives = -l place=pack; -W group_list=a\n"
    )
    code = (
        "from submit.pbs import settings as c; from submit.pbs.manager import PBSJobManager as m; "
        "print(m.chunk_size_query, m.chunk_size_cancel, "
        "c.get_command('qdel'), c.get_command('qsub'), c.get_directives())"
    )
    environment = {**os.environ, "LAW_CONFIG_FILE": f"{tmp_path}/law.cfg", "LAW__job__pbs_cmd_qsub": "from 'the env'"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "7 25 ['from_cfg'] ['from', 'the env'] ['-l place=pack', '-W group_list=a']\n"


def test_values_have_their_types(configure):
    configure(pbs_chunk_size_query=7, pbs_job_file_dir_cleanup=True, pbs_job_file_dir="None")
    assert get_setting("pbs_chunk_size_query", int) == 7
    assert get_setting("pbs_job_file_dir_cleanup", bool) is True
    assert get_setting("pbs_job_file_dir") is None


def test_the_first_key_that_is_set_counts(configure):
    configure(pbs_job_query_timeout="2m", pbs_cmd_timeout=5)
    assert get_seconds("pbs_job_query_timeout", "pbs_cmd_timeout") == 120
    configure(pbs_job_query_timeout=None)
    assert get_seconds("pbs_job_query_timeout", "pbs_cmd_timeout") == 5


def test_a_command_may_have_arguments(configure):
    configure(pbs_cmd_qsub="ssh 'login node' qsub")
    assert get_command("qsub") == ["ssh", "login node", "qsub"]
