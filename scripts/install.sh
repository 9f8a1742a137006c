#!/bin/sh
# install.sh VENV LOCK: installs LOCK (every file checked against its hash) and this checkout into VENV.
#
# uv does it because it is faster than pip. uv does not read pip's configuration, so an index,
# certificate or find-links that pip was told about is handed on; where uv still fails, pip tries.
set -eu
venv=$1
lock=$2
pip="$venv/bin/python -m pip"

setting() { $pip config get "$1" 2>/dev/null || true; }

: "${UV_DEFAULT_INDEX:=${PIP_INDEX_URL:-$(setting global.index-url)}}"
: "${UV_FIND_LINKS:=${PIP_FIND_LINKS:-$(setting global.find-links)}}"
: "${SSL_CERT_FILE:=${PIP_CERT:-$(setting global.cert)}}"
for name in UV_DEFAULT_INDEX UV_FIND_LINKS SSL_CERT_FILE; do
    eval "value=\$$name"
    if [ -n "$value" ]; then export "$name"; else unset "$name"; fi
done

echo "setup: packages of $lock"
if ! "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --compile-bytecode --require-hashes \
    --no-deps --requirement "$lock"; then
    echo "setup: uv could not install $lock; trying pip" >&2
    $pip install --quiet --require-hashes --no-deps --requirement "$lock"
fi
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --offline --no-deps --no-build-isolation \
    --editable .
"$venv/bin/python" -m compileall -q src
