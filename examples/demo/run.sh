#!/bin/sh
# run.sh [--minutes 1 --rate 60 --endpoint URL --frameworks a,b]: live runs of real agents, within a minute.
set -eu
cd "$(dirname "$0")/../.."
examples/demo/install.sh
exec .venv-demo/bin/python -m examples.demo.run "$@"
