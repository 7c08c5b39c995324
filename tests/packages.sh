#!/bin/sh
# Sees to the system packages that the suite needs. As root on Debian they are installed; otherwise one
# line says what to install. Answers at once when nothing is missing.
set -eu

missing=""
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has_postgresql() {
    ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb
}
has_font() {
    find /usr/share/fonts -iname "$1" 2>/dev/null | grep -q .
}
has_chromium() {
    [ -n "${CHROMIUM:-}" ] && [ -x "$CHROMIUM" ] || command -v chromium
}

need python3-venv python3 -c 'import venv, ensurepip'
need postgresql has_postgresql
need redis-server command -v redis-server
need chromium has_chromium
need xvfb command -v Xvfb
need coturn command -v turnserver
need fonts-dejavu-core has_font 'DejaVuSans.ttf'
need fonts-noto-cjk has_font 'NotoSansCJK-Regular.ttc'

[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$missing ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Packages are missing. Install them: sudo apt-get install$missing" >&2
    exit 1
fi
