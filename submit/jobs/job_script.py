"""law's job script, written once for all jobs of a workflow: law copies its 21 kB for every job."""

import shlex
from pathlib import Path

from law.job.base import BaseJobFileFactory, JobInputFile
from law.util import law_src_path

from targets.storage import atomic

__all__ = ["LOG_VARIABLE", "export_log", "write_job_script"]

LOG_VARIABLE = "PIPELINE_JOB_LOG"
"""Environment variable that names the log which a job writes itself, where jobs transfer their logs."""


def write_job_script(path: Path, bootstrap: Path) -> JobInputFile:
    """Write law's job script, unless it stands there already.

    Args:
        path: The script; jobs start it under this path, so the nodes must share the directory.
        bootstrap: Absolute path of the file that a job sources first.

    Returns:
        The script, as law's job files take it.
    """
    text = Path(law_src_path("job", "law_job.sh")).read_text(encoding="utf-8")
    variables = {
        "law_job_base": "${TMPDIR:-/tmp}",  # the job script's own files stay on the node
        "bootstrap_file": str(bootstrap),
        "log_file": f"${{{LOG_VARIABLE}:-}}",
    }
    for key, value in variables.items():
        text = BaseJobFileFactory.render_string(text, key, value)
    text = BaseJobFileFactory.render_key_cre.sub("", text)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        with atomic.replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
            temporary.chmod(0o755)
    return JobInputFile(str(path), copy=False)


def export_log(path: str) -> str:
    """Return the line of a job file with which a job writes its log to a path itself."""
    return f"export {LOG_VARIABLE}={shlex.quote(path)}"
