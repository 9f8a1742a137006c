#!/bin/sh
# install.sh: the demo's frameworks into .venv-demo, unless they are there. Run from anywhere.
set -eu
cd "$(dirname "$0")/../.."
# One at a time: whoever comes second waits, and finds everything there.
if [ -z "${DEMO_INSTALLING:-}" ] && command -v flock >/dev/null; then
    DEMO_INSTALLING=1 exec flock requirements/demo.lock examples/demo/install.sh
fi
stamp=.venv-demo/.stamp
if [ -e "$stamp" ] && [ ! requirements/demo.lock -nt "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then
    exit 0
fi
scripts/venv.sh .venv-demo
scripts/install.sh .venv-demo requirements/demo.lock
touch "$stamp"
