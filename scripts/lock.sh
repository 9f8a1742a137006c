#!/bin/sh
# lock.sh VENV: resolves what pyproject.toml asks for into exact versions with hashes, for every platform.
# No index is written down, so that the locks work with whichever index a machine uses.
set -eu
uv="$1/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url"
set -- --custom-compile-command "make lock"
$uv "$@" requirements/build.in --output-file requirements/build.lock
$uv "$@" pyproject.toml --extra server --output-file requirements/server.lock
$uv "$@" pyproject.toml --extra server --group dev --constraint requirements/server.lock \
    --override requirements/overrides.txt --output-file requirements/dev.lock
$uv "$@" requirements/demo.in --output-file requirements/demo.lock
