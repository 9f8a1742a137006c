#!/bin/sh
# native.sh PYTHON [FOLDER]: compiles native/*.c into FOLDER (the package), where a C compiler and Python's headers are.
# Without them everything works, ingest at more CPU a span.
set -eu
python=$1
folder=${2:-src/roadworthy/kit}
compiler=${CC:-cc}
include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
suffix=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
target=$folder/_compiled$suffix
without() {
    rm -f "$target" "$target.new"
    echo "setup: $1: ingest works, at more CPU a span (Debian: apt-get install gcc python3-dev, then $0 $python)" >&2
    exit 0
}
if ! command -v "${compiler%% *}" >/dev/null; then without "no C compiler"; fi
if [ ! -f "$include/Python.h" ]; then without "no headers of Python"; fi
# shellcheck disable=SC2086 # a compiler (ccache gcc) and flags are several words
$compiler -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter \
    -Wno-cast-function-type ${CFLAGS:-} -I"$include" native/*.c -o "$target.new" ||
    without "the compiled part could not be built"
mv "$target.new" "$target"
