#!/usr/bin/env bash
# `make soak`: the long campaigns, one package after the other, each to its end
# even where one before it failed. Arguments go to `go test`, as in
# `hack/soak.sh -run TestConvergence`. They are the suites of `make test` with
# VOUTE_SOAK=1 set, which makes each go further: see docs/testing.md. All that
# they say is kept in a folder, which is named at the begin; here is what counts.
set -uo pipefail
cd "$(dirname "$0")/.."
local=${XDG_CACHE_HOME:-$HOME/.cache}/voute/bin/local
VOUTE_TOOLS=$("$local" tools) || exit 1
export VOUTE_TOOLS VOUTE_SOAK=1
result=0
said=$(mktemp -d)
echo "all that is said: $said"
for package in ./internal/platform ./server/seal ./server/document ./cmd/server ./controllers ./test/crash ./test/convergence ./test/year; do
  begin=$SECONDS
  go test -v -count=1 -timeout 3h "$@" "$package" 2>&1 | tee "$said/${package//\//_}.log" | grep -E '^(ok|FAIL|---|SOAK|panic)|^ +---.*FAIL' || result=1
  [ "${PIPESTATUS[0]}" = 0 ] || result=1
  printf '== %s: %d s\n' "$package" $((SECONDS - begin))
done
# Where a test is named, nothing is fuzzed.
if [ $# = 0 ]; then
  for target in ./server/seal:FuzzReader ./server/seal:FuzzResume ./server/tus:FuzzHeaders ./server/filename:FuzzDisposition ./server/filename:FuzzZipEntry; do
    go test "${target%:*}" -run '^$' -fuzz "^${target#*:}\$" -fuzztime 60s | tail -n 2 || result=1
    [ "${PIPESTATUS[0]}" = 0 ] || result=1
    printf '== %s: a minute\n' "$target"
  done
fi
exit $result
