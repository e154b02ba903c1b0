"""The numbers with which PBS ends jobs and commands, with their sources."""

__all__ = ["OPENPBS_EXITS", "PASSING_CODES", "TORQUE_EXITS"]

OPENPBS_EXITS = {
    -1: "could not be started (before its files were there)",
    -2: "could not be started (after its files were there)",
    -3: "could not be started, to be tried again",
    -4: "ended because the node's daemon was started anew",
    -5: "ended because the node's daemon was started anew (checkpoint kept)",
    -6: "ended because the node's daemon was started anew (checkpoint kept, may move)",
    -7: "could not be restarted from its checkpoint",
    -10: "the user or group is not known on the node",
    -11: "was put back into the queue",
    -12: "was checkpointed and killed",
    -13: "the password was refused",
    -14: "was put back into the queue because its files could not be staged in",
    -15: "could not be asked for its state after a restart",
    -16: "a hook refused it, to be tried again",
    -17: "a hook refused it and deleted it",
    -18: "a hook put it back into the queue",
    -19: "a hook deleted it",
    -20: "the connection to its first node was lost",
    -21: "the node's PBS folder is not secure",
    -22: "a hook failed or took too long",
    -23: "there were no Kerberos credentials",
    -24: "used more CPUs than it asked for (for a moment)",
    -25: "used more CPUs than it asked for (on average)",
    -26: "used more virtual memory than it asked for",
    -27: "used more memory than it asked for",
    -28: "used more CPU time than it asked for",
    -29: "exceeded its walltime",
    -30: "could not be joined by all of its nodes",
    -31: "used more huge pages than it asked for",
    -32: "was put back into the queue because its processes did not end",
}
"""What a negative exit status of a job means in OpenPBS: the JOB_EXEC_* values of src/include/job.h."""

TORQUE_EXITS = {
    -1: "could not be started (before its files were there)",
    -2: "could not be started (after its files were there)",
    -3: "could not be started, to be tried again",
    -4: "ended because the node's daemon was started anew",
    -5: "ended because the node's daemon was started anew (checkpoint kept)",
    -6: "ended because the node's daemon was started anew (checkpoint kept, may move)",
    -7: "could not be restarted from its checkpoint",
    -8: "its command could not be executed",
    -9: "its standard output or error could not be opened",
    -10: "used more memory than it asked for",
    -11: "exceeded its walltime",
    -12: "used more CPU time than it asked for",
    -13: "its control group could not be made, to be tried again",
    -14: "its prologue failed, to be tried again",
}
"""What a negative exit status of a job means in Torque: its administrator's guide 6.1.2, "Job Exit Status"."""

PASSING_CODES = frozenset({110, 111, 160, 162, 183, 185, 255})
"""Exit statuses of commands of a server that is down or busy.

PBS ends with its error number modulo 256 (pbs_error.h): 15008 server down, 15010 system error, 15031 protocol, 15033 no
free connections; 110 and 111 are the system's own time-out and refused connection, 255 stands for any lost server.
"""
