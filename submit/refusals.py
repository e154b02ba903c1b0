"""Which refusals of a batch system a retry does not change."""

import re

__all__ = ["is_permanent"]

_PBS = (  # OpenPBS: src/lib/Libifl/pbs_geterrmg.c and dec_rpyc.c; Torque has the same sentences
    "unknown queue",
    "queue is not enabled",
    "access to queue is denied",
    "access from host not allowed",
    "illegal attribute or resource value",
    "undefined attribute",
    "unknown resource",
    "unauthorized request",
    "bad uid for job execution",
    "bad gid for job execution",
    "invalid account",
    "job violates queue and/or server resource limits",
    "job exceeds queue resource limits",
    "no default queue",
)
_SLURM = (  # src/common/slurm_errno.c and src/sbatch/opt.c
    "invalid partition",
    "invalid account or account/partition combination",
    "invalid qos specification",
    "requested time limit is invalid",
    "requested node configuration is not available",
    "memory specification can not be satisfied",
    "cpu count per node can not be satisfied",
    "cpu count specification invalid",
    "more processors requested than permitted",
    "group not permitted to use this partition",
    "access/permission denied",
    "invalid --",
    "invalid time limit",
)
_PERMANENT = re.compile("|".join(map(re.escape, (*_PBS, *_SLURM))), re.IGNORECASE)


def is_permanent(text: str) -> bool:
    """Tell whether a batch system refuses jobs for a reason that a retry does not change.

    Args:
        text: What the submitting command printed.

    Returns:
        True for an unknown queue, an illegal resource or no permission; False for a full queue, and for what is not
        listed here.
    """
    return bool(_PERMANENT.search(text))
