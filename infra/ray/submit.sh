#!/bin/sh
# Runs a recipe on a cluster that `ray up` made: sh infra/ray/submit.sh RECIPE [ARGUMENT...]
#
# RAY_API_SERVER_ADDRESS is where the cluster's dashboard is, http://127.0.0.1:8265 unless it is set; in another terminal,
# `ray dashboard infra/ray/cluster.yaml` forwards it. The cluster's token is where Ray looks for it, ~/.ray/auth_token or
# RAY_AUTH_TOKEN. The recipe travels with the job; all else is in the image.
set -eu
if [ $# -lt 1 ]; then
    echo "usage: sh infra/ray/submit.sh RECIPE [ARGUMENT...]" >&2
    exit 2
fi
recipe=$1
shift

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$recipe" "$folder/recipe.yaml"
ray job submit --address "${RAY_API_SERVER_ADDRESS:-http://127.0.0.1:8265}" --working-dir "$folder" -- \
    crawlsieve run recipe.yaml --engine ray --address auto "$@"
