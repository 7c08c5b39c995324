#!/bin/sh
# Writes requirements.lock (to run) and requirements-dev.lock (to test) from uv.lock, for those without uv.
set -eu
cd "$(dirname "$0")/.."
export_lock() {
    file=$1
    shift
    uv export --quiet --frozen --no-hashes --no-emit-workspace --no-annotate --no-header "$@" >"$file.new"
    {
        echo "# Made from uv.lock by deploy/export-locks.sh; do not edit."
        cat "$file.new"
    } >"$file"
    rm "$file.new"
}
export_lock requirements.lock --no-dev
export_lock requirements-dev.lock --all-groups
