#!/bin/sh
# Makes .venv ready: `deploy/venv.sh` to run the site, `deploy/venv.sh dev` to test it too.
# Answers at once when it is ready. Uses uv where uv works, else python3 with venv and pip.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-run}
python=${PYTHON:-python3}
case $kind in
run) lock=requirements.lock uv_options="--no-dev" ours="-e ." ;;
dev) lock=requirements-dev.lock uv_options="--all-groups" ours="-e . -e ./agent" ;;
*) echo "usage: deploy/venv.sh [dev]" >&2; exit 2 ;;
esac

fail() {
    echo "$*" >&2
    exit 1
}

# What the environment was made from; it does not survive being moved, hence the folder.
mark() {
    {
        cat "$1" uv.lock pyproject.toml agent/pyproject.toml hatch_build.py
        # The site packs the device app and its translations.
        find agent locale -type f '(' -name '*.py' -o -name '*.po' ')' | LC_ALL=C sort | xargs cat
    } | cksum | sed "s|\$| $PWD|"
}
is_ready() {
    [ -f ".venv/.ready-$1" ] && [ "$(cat ".venv/.ready-$1")" = "$(mark "$2")" ]
}
if [ -x .venv/bin/remotehelp ]; then
    if is_ready dev requirements-dev.lock; then exit 0; fi
    if [ "$kind" = run ] && is_ready run requirements.lock; then exit 0; fi
fi

by_uv() {
    command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1 || return 1
    # shellcheck disable=SC2086
    UV_PYTHON_DOWNLOADS=never uv sync --quiet --frozen --inexact $uv_options
}

by_pip() {
    command -v "$python" >/dev/null 2>&1 ||
        fail "Python is missing. Install it: apt-get install python3 python3-venv"
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
        fail "Python 3.11, 3.12 or 3.13 is needed, and $python is $("$python" -V 2>&1). Name one: PYTHON=python3.12 make demo"
    if ! .venv/bin/python -c '' >/dev/null 2>&1; then
        "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
            fail "Python's venv module is missing. Install it: apt-get install python3-venv"
        "$python" -m venv --clear .venv
    fi
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    # Bytecode is made when a module is first used: compiling everything takes longer than the demo's start.
    # shellcheck disable=SC2086
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-compile \
        -r "$lock" $ours
}

echo "Preparing .venv from $lock (once) ..." >&2
by_uv || by_pip
mark "$lock" >".venv/.ready-$kind"
