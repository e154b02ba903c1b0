# Sourced by jobs (bash), after bootstrap.sh: law's job script calls a function of this name when a step fails.
# It ends a job at the first branch that fails; the remaining branches are run here, before it does.
# shellcheck shell=bash

law_hook_job_failed() {
    local code=$1 branch rest=
    [ "$code" = 50 ] || [ "$code" = 60 ] || return 0 # a branch failed; the other codes are of the node or of later steps
    for branch in ${LAW_JOB_TASK_BRANCHES}; do
        if [ -n "$rest" ]; then
            echo "-- branch ${branch}, although branch ${b} failed"
            eval "${law_exe} run ${LAW_JOB_TASK_MODULE}.${LAW_JOB_TASK_CLASS} ${LAW_JOB_TASK_PARAMS} --branch=${branch} --workers=${LAW_JOB_WORKERS}"
            echo "task exit code: $?"
        fi
        [ "$branch" = "$b" ] && rest=yes
    done
    return 0
}
