# Source this file to use the pipeline from any folder: people, jobs and containers alike (bash or zsh; with plain sh,
# start in the project's folder):
#   . /path/to/project/submit/env.sh
# It puts the project's environment on PATH and tells luigi and law where their configuration is; values that are
# already set stay. luigi is submit/bin/luigi from then on, which adds `--module tasks` where no module is given. A
# luigi.cfg in the current directory takes precedence over the project's, key by key.
# shellcheck shell=sh

if [ -n "${BASH_SOURCE:-}" ]; then
    # shellcheck disable=SC3028,SC3054
    _pipeline=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
elif [ -n "${ZSH_VERSION:-}" ]; then
    # shellcheck disable=SC2296
    _pipeline=$(cd "$(dirname "${(%):-%x}")/.." && pwd)
else
    _pipeline=$(pwd)
fi

if [ ! -f "$_pipeline/submit/env.sh" ]; then
    echo "env.sh: $_pipeline is not the project: with plain sh, start in the project's folder" >&2
else
    if [ -n "${PIPELINE_BIN:-}" ]; then
        export PATH="$PIPELINE_BIN:$PATH"
    elif [ -d "$_pipeline/.venv/bin" ]; then
        export PATH="$_pipeline/.venv/bin:$PATH"
    fi
    export PATH="$_pipeline/submit/bin:$PATH"
    export LAW_HOME="${LAW_HOME:-$_pipeline/.law}"
    [ -f "$_pipeline/law.cfg" ] && export LAW_CONFIG_FILE="${LAW_CONFIG_FILE:-$_pipeline/law.cfg}"
    # law finds tasks by an index, which is made here where there is none (submit/bootstrap.sh: jobs bring their own)
    if [ -z "${PIPELINE_JOB:-}" ] && command -v law >/dev/null 2>&1; then
        [ -f "$LAW_HOME/index" ] || law index >/dev/null 2>&1 || echo "env.sh: 'law index' failed: run it to see why" >&2
        # law's completion of task names and parameters, in interactive bash or zsh
        case "${BASH_VERSION:-}${ZSH_VERSION:-} $-" in
        [0-9]*' '*i*)
            # shellcheck disable=SC1090
            . "$(law completion)"
            ;;
        esac
    elif [ -z "${PIPELINE_JOB:-}" ]; then
        echo "env.sh: the project is not installed in $_pipeline/.venv: run scripts/demo or scripts/install first" >&2
    fi
fi
unset _pipeline
