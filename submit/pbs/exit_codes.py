"""Exit statuses with which PBS ends jobs and commands, with their sources."""

__all__ = ["OPENPBS_EXITS", "TORQUE_EXITS", "TRANSIENT_CODES"]

_COMMON_EXITS = {
    -1: "could not be started (before its files were staged in)",
    -2: "could not be started (after its files were staged in)",
    -3: "could not be started, to be retried",
    -4: "ended because the node's daemon was restarted",
    -5: "ended because the node's daemon was restarted (checkpoint kept)",
    -6: "ended because the node's daemon was restarted (checkpoint kept, may move)",
    -7: "could not be restarted from its checkpoint",
}

OPENPBS_EXITS = _COMMON_EXITS | {
    -10: "the user or group is not known on the node",
    -11: "was put back into the queue",
    -12: "was checkpointed and killed",
    -13: "the password was refused",
    -14: "was put back into the queue because its files could not be staged in",
    -15: "could not be queried after a restart",
    -16: "was rejected by a hook, to be retried",
    -17: "was rejected and deleted by a hook",
    -18: "was put back into the queue by a hook",
    -19: "was deleted by a hook",
    -20: "lost the connection to its first node",
    -21: "the node's PBS directory is not secure",
    -22: "a hook failed or timed out",
    -23: "there were no Kerberos credentials",
    -24: "used more CPUs than requested (for a moment)",
    -25: "used more CPUs than requested (on average)",
    -26: "used more virtual memory than requested",
    -27: "used more memory than requested",
    -28: "used more CPU time than requested",
    -29: "exceeded its walltime",
    -30: "could not be joined by all of its nodes",
    -31: "used more huge pages than requested",
    -32: "was put back into the queue because its processes did not end",
}
"""What a negative exit status of a job means in OpenPBS: the JOB_EXEC_* values of src/include/job.h."""

TORQUE_EXITS = _COMMON_EXITS | {
    -8: "its command could not be executed",
    -9: "its standard output or error could not be opened",
    -10: "used more memory than requested",
    -11: "exceeded its walltime",
    -12: "used more CPU time than requested",
    -13: "its control group could not be made, to be retried",
    -14: "its prologue failed, to be retried",
}
"""What a negative exit status of a job means in Torque: its administrator's guide 6.1.2, "Job Exit Status"."""

TRANSIENT_CODES = frozenset({110, 111, 160, 162, 183, 185, 255})
"""Exit statuses of commands when a server is down or busy.

PBS ends with its error number modulo 256 (pbs_error.h): 15008 server down, 15010 system error, 15031 protocol, 15033 no
free connections; 110 and 111 are the system's own time-out and refused connection, 255 stands for any lost server.
"""
