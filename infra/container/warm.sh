#!/bin/sh
# Compiles the kernels into NUMBA_CACHE_DIR by using them: the sample crawl with each way to find near-duplicates.
# (Those of rounds, beyond 14 million documents, are left to the workers: half a second each.)
set -eu
recipe=$(cd "$(dirname "$0")" && pwd)/warm.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

crawlsieve sample crawl
printf 'blocked.example.com\nblocked.example.org/path\n' > blocklist.txt
printf 'blocked\nword\n' > words.txt

run() {
    crawlsieve run "$recipe" --quiet --workers 1 "$@"
}
run
run --set steps.near_duplicates.method=lshbloom
run --set "steps.near_duplicates.verify={measure: estimated, at_least: 0.8}"
run --set "steps.near_duplicates.verify={measure: exact, at_least: 0.8}"
run --set "steps.near_duplicates.verify={measure: containment, at_least: 0.8}"
run --set steps.near_duplicates.unit=characters
crawlsieve index create history --documents 10000
crawlsieve index publish history out
