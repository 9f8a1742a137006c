#!/bin/sh
# browser.sh: prints the path of a Chromium for the browser journeys, and brings one where none is found.
set -eu
if [ -n "${ROADWORTHY_BROWSER:-}" ]; then
    echo "$ROADWORTHY_BROWSER"
    exit
fi
find_browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}
if find_browser; then exit; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "test: fetching Debian's chromium" >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >&2
    if find_browser; then exit; fi
fi
cat >&2 <<'EOF'
No browser was found for the browser journeys. Either
  - install one:  sudo apt-get install chromium
  - or name one:  export ROADWORTHY_BROWSER=/path/to/chromium
EOF
exit 1
