#!/bin/sh
# web.sh packages|build|check|client: the web page's npm packages, its build, its checks, its generated client.
set -eu
cd "$(dirname "$0")/../web"
mark=node_modules/.installed-package-lock.json

packages() {
    # Content, not time: whoever just ran `npm install` here need not see it all deleted and fetched again.
    if [ -d node_modules ] && cmp -s package-lock.json "$mark"; then
        return
    fi
    if [ -d node_modules ] && npm ls --all >/dev/null 2>&1; then
        cp package-lock.json "$mark"
        return
    fi
    if ! command -v npm >/dev/null; then
        echo "The web page needs Node 20 and npm to be built (https://nodejs.org)." >&2
        exit 1
    fi
    echo "setup: packages of the web page"
    quietly npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json "$mark"
}

# Says nothing unless it fails; then the beginning of what it said (npm ends with pages of usage).
quietly() {
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        head -n 40 "$log" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
}

case "$1" in
packages) packages ;;
build)
    packages
    echo "setup: web page"
    quietly npm run build --silent
    # npm may leave the page older than a source saved meanwhile; make compares times.
    touch ../src/roadworthy/doors/web/static/index.html
    ;;
check)
    packages
    # The client is generated from the API's description, and that from the server's code.
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    ../.venv/bin/python -m roadworthy.doors.rest.openapi >"$fresh/openapi.json"
    npx --no-install openapi-typescript openapi.json -o "$fresh/schema.d.ts" >/dev/null 2>&1
    for pair in openapi.json:openapi.json schema.d.ts:src/client/schema.d.ts; do
        if ! cmp -s "$fresh/${pair%%:*}" "${pair#*:}"; then
            echo "web/${pair#*:} is out of date: make client" >&2
            exit 1
        fi
    done
    npm run typecheck --silent
    npm run lint --silent
    ;;
client)
    packages
    ../.venv/bin/python -m roadworthy.doors.rest.openapi >openapi.json
    npm run client --silent
    ;;
*)
    echo "usage: web.sh packages|build|check|client" >&2
    exit 2
    ;;
esac
