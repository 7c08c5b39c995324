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
has_library() {
    find /usr/lib -name "$1" 2>/dev/null | grep -q .
}
has_introspection() {
    find /usr/lib -name "$1.typelib" 2>/dev/null | grep -q .
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
need openbox command -v openbox
need xterm command -v xterm
need dbus command -v dbus-daemon
need at-spi2-core test -e /usr/libexec/at-spi-bus-launcher
need python3-gi /usr/bin/python3 -c 'import gi'
need gir1.2-atspi-2.0 has_introspection Atspi-2.0
need gnome-keyring command -v gnome-keyring-daemon
need x11-xserver-utils command -v xrandr
need x11-xkb-utils command -v setxkbmap
need libxtst6 has_library libXtst.so.6
need libxdamage1 has_library libXdamage.so.1
need libxcb-cursor0 has_library libxcb-cursor.so.0
need libegl1 has_library libEGL.so.1
need libgl1 has_library libGL.so.1
need libxkbcommon-x11-0 has_library libxkbcommon-x11.so.0
need libxcb-icccm4 has_library libxcb-icccm.so.4
need libxcb-image0 has_library libxcb-image.so.0
need libxcb-keysyms1 has_library libxcb-keysyms.so.1
need libxcb-render-util0 has_library libxcb-render-util.so.0
need libxcb-shape0 has_library libxcb-shape.so.0
need libxcb-xinerama0 has_library libxcb-xinerama.so.0
need libxcb-xkb1 has_library libxcb-xkb.so.1
need pinentry-gtk2 command -v pinentry-gtk-2
need xserver-xephyr command -v Xephyr
need systemd test -x /lib/systemd/systemd-journald
need coturn command -v turnserver
need wine64 test -x /usr/lib/wine/wine64
need gcc-mingw-w64-x86-64 command -v x86_64-w64-mingw32-gcc
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
