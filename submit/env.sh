# Source this file (bash, zsh or sh started in the project) to use the pipeline from any folder:
#   source /path/to/project/submit/env.sh
# It puts the project's environment on PATH and tells luigi and law where their configuration is; values that are
# already set stay.
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

if [ ! -f "$_pipeline/law.cfg" ]; then
    echo "env.sh: $_pipeline is not the project: with plain sh, start in the project's folder" >&2
else
    [ -d "$_pipeline/.venv/bin" ] && export PATH="$_pipeline/.venv/bin:$PATH"
    export LAW_HOME="${LAW_HOME:-$_pipeline/.law}"
    export LAW_CONFIG_FILE="${LAW_CONFIG_FILE:-$_pipeline/law.cfg}"
    # law's completion of task names and parameters, where law is installed and the shell is bash or zsh
    if command -v law >/dev/null 2>&1 && [ -n "${BASH_VERSION:-}${ZSH_VERSION:-}" ]; then
        # shellcheck disable=SC1090
        . "$(law completion)"
    fi
fi
unset _pipeline
