"""How a job ended: its outputs decide, after a grace period, since shared file systems show files late."""

import time
from typing import Any

from law.config import Config
from law.job.base import BaseJobManager
from law.util import parse_duration

__all__ = ["Verdicts"]

_GRACE_S = 60.0


class Verdicts:
    """Decides how jobs that the batch system reports as ended have ended.

    Where the batch system does not know how a job ended, its outputs are looked for at one more poll at least, and for
    the grace period: `[job] outputs_grace` of law.cfg, 60 s by default.
    """

    def __init__(self) -> None:
        self._ended_since: dict[Any, float] = {}  # time.monotonic() at the first poll after the end, by job id

    def decide(self, job_id: Any, answer: dict[str, Any], outputs_exist: bool) -> dict[str, Any]:
        """Decide how a job ended.

        Args:
            job_id: Its id.
            answer: law's status of the job, which is finished or failed.
            outputs_exist: Whether all outputs of its branches exist.

        Returns:
            The status that counts: finished when the outputs exist, failed when the exit code says so or the grace
            period is over, running until then.
        """
        if outputs_exist:
            return answer | {"status": BaseJobManager.FINISHED, "code": 0, "error": None}
        if answer["status"] == BaseJobManager.FAILED and answer.get("code") is not None:
            return answer
        is_first_poll = job_id not in self._ended_since
        since = self._ended_since.setdefault(job_id, time.monotonic())
        grace = Config.instance().get_expanded("job", "outputs_grace", default=None) or _GRACE_S
        if is_first_poll or time.monotonic() - since < parse_duration(grace, input_unit="s"):
            return answer | {"status": BaseJobManager.RUNNING}
        error = answer.get("error") or "the job has ended, and its outputs are missing"
        return answer | {"status": BaseJobManager.FAILED, "error": error}
