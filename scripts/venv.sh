#!/bin/sh
# venv.sh DIR: makes DIR a virtual environment with the pinned build tools (uv, hatchling), or takes over the
# one that is there.
set -eu
venv=$1
python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "Roadworthy needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv)." >&2
    exit 1
fi
if ! "$venv/bin/python" -c '' 2>/dev/null; then
    echo "setup: virtual environment in $venv"
    if ! "$python" -m venv "$venv"; then
        echo "Python's venv is missing (Debian: apt-get install python3-venv)." >&2
        exit 1
    fi
fi
"$venv/bin/python" -m pip install -qq --require-hashes --requirement requirements/build.lock
