#!/bin/sh
# Prints the path of a Chromium for the browser tests: an installed one, else one that is fetched now, else nothing.
# What it does is said on standard error; when there is none, the browser tests skip themselves and say why.
set -u

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && found=$(command -v "$name" 2>/dev/null); then
        echo "$found"
        exit 0
    fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "browser tests: installing Chromium with apt" >&2
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core; } >/dev/null 2>&1 && found=$(command -v chromium 2>/dev/null); then
        echo "$found"
        exit 0
    fi
fi

echo "browser tests: no Chromium here, and apt could not bring one; they will be skipped" >&2
echo "browser tests: install one (apt install chromium) or name one (CHROMIUM=/path make test)" >&2
