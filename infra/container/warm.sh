#!/bin/sh
# Compiles the kernels into NUMBA_CACHE_DIR by using them: the sample crawl with each way to find near-duplicates.
set -eu
recipe=$(cd "$(dirname "$0")" && pwd)/warm.yaml
cd "$(mktemp -d)"

crawlsieve sample crawl
crawlsieve run "$recipe" --quiet --workers 1
crawlsieve run "$recipe" --quiet --workers 1 --set steps.near_duplicates.method=lshbloom
for measure in estimated exact containment; do
    crawlsieve run "$recipe" --quiet --workers 1 --set "steps.near_duplicates.verify={measure: $measure, at_least: 0.8}"
done
crawlsieve index create history --documents 10000
crawlsieve index publish history out
rm -rf "$PWD"
