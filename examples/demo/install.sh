#!/bin/sh
# install.sh: the demo's frameworks into .venv-demo, unless they are there. Run from anywhere.
set -eu
cd "$(dirname "$0")/../.."
stamp=.venv-demo/.stamp
if [ -e "$stamp" ] && [ ! requirements/demo.lock -nt "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then
    exit 0
fi
scripts/venv.sh .venv-demo
scripts/install.sh .venv-demo requirements/demo.lock
touch "$stamp"
