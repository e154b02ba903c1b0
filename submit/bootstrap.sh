# Source this file (bash) to prepare a login node or a node of a cluster:
#   . submit/bootstrap.sh
#   PIPELINE_VIEW=/cvmfs/sft.cern.ch/lcg/views/LCG_107/x86_64-el9-gcc13-opt . submit/bootstrap.sh
# PIPELINE_VIEW names an LCG view whose Python and compilers are used; without it, python3 is. The first time, the
# project is installed into .venv (PIPELINE_VENV names another place). Jobs source this file too, through law: they
# use only what is installed (PIPELINE_JOB is set then, and PIPELINE_BIN names the environment that submitted them).
# shellcheck shell=bash

_bootstrap() {
    local project venv
    project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || return 1
    venv=${PIPELINE_VENV:-$project/.venv}
    if [ -n "${PIPELINE_VIEW:-}" ]; then
        if [ ! -f "$PIPELINE_VIEW/setup.sh" ]; then
            echo "bootstrap.sh: there is no $PIPELINE_VIEW/setup.sh: check that CVMFS is mounted here and PIPELINE_VIEW is correct" >&2
            return 1
        fi
        # shellcheck disable=SC1091
        . "$PIPELINE_VIEW/setup.sh"
    fi
    # a view's PYTHONPATH would take precedence over the packages of a virtual environment
    unset PYTHONPATH PYTHONHOME
    if [ -z "${PIPELINE_JOB:-}" ] && [ ! -x "$venv/bin/luigi" ]; then
        echo "bootstrap.sh: installing into $venv (once; a minute or two) ..."
        python3 -m venv "$venv" && "$project/scripts/install" "$venv/bin/python" || {
            echo "bootstrap.sh: the project cannot be installed into $venv: Python 3.11 or newer with venv, and a network, are needed" >&2
            return 1
        }
    fi
    export PIPELINE_BIN=${PIPELINE_BIN:-$venv/bin}
    if [ ! -x "$PIPELINE_BIN/law" ]; then
        echo "bootstrap.sh: there is no $PIPELINE_BIN/law on $(hostname): the environment must be on a file system that all nodes share" >&2
        return 1
    fi
    # shellcheck disable=SC1091
    . "$project/submit/env.sh"
}

_bootstrap
