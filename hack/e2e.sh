#!/usr/bin/env bash
# `make test-e2e`: a fresh cluster named e2e, Voûte installed in it, the suite
# against it, and the cluster removed again. Arguments go to `go test`, as in
# `hack/e2e.sh -run TestRetain`. KEEP=1 leaves the cluster for a look.
set -euo pipefail
cd "$(dirname "$0")/.."
local=${XDG_CACHE_HOME:-$HOME/.cache}/voute/bin/local
description=$(mktemp)
end() {
  local result=$?
  rm -f "$description"
  if [ "${KEEP:-}" = 1 ]; then
    echo "the cluster is left as it is; see it with: $local status; remove it with: $local down --name e2e"
  else
    "$local" down --name e2e
  fi
  exit $result
}
trap end EXIT
trap 'exit 130' INT TERM
"$local" down --name e2e
"$local" up --name e2e >/dev/null
"$local" install --name e2e
"$local" env --name e2e >"$description"
VOUTE_CLUSTER=$description go test -v -count=1 -timeout 25m -parallel 4 "$@" ./test/e2e
