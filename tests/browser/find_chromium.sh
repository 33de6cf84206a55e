#!/bin/sh
# Prints the path of a Chromium for the browser tests: an installed one, else one that is fetched now, else nothing.
# What it does is said on standard error; when there is none, the browser tests skip themselves and say why.
# Usage: find_chromium.sh [PYTHON that has playwright]
set -u
python="${1:-python3}"

installed() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$name" ] && found=$(command -v "$name" 2>/dev/null); then
            echo "$found"
            return 0
        fi
    done
    return 1
}

installed && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "browser tests: installing Chromium with apt" >&2
    apt-get update -qq >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core \
        >/dev/null 2>&1
    installed && exit 0
fi

echo "browser tests: asking Playwright to fetch a Chromium" >&2
if timeout 180 "$python" -m playwright install chromium >/dev/null 2>&1; then
    "$python" -c 'from playwright.sync_api import sync_playwright as p
with p() as play: print(play.chromium.executable_path)'
    exit 0
fi

echo "browser tests: no Chromium here and none could be fetched; they will be skipped" >&2
echo "browser tests: install one (apt install chromium) or name one (CHROMIUM=/path make test)" >&2
