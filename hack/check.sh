#!/usr/bin/env bash
# `make test`: each step with its time; stops at the first that fails. What is
# simulated needs the processor and no time of its own: it takes what the steps
# leave that wait for API servers and nodes, and is told when they are over, or one
# of them fails.
set -euo pipefail
cd "$(dirname "$0")/.."
begin=$SECONDS
step() {
  local start=$SECONDS name=$1
  shift
  printf '\n== %s\n' "$name"
  "$@"
  printf '== %s: passed in %d s (%d s in all)\n' "$name" $((SECONDS - start)) $((SECONDS - begin))
}
makes() { step "$1" make --no-print-directory "$1"; }
beside=
said=$(mktemp)
end() {
  if [ -n "$beside" ]; then
    kill -- "-$beside" 2>/dev/null || true
    printf '\n== test-simulated, beside: ended before its time; until then it said\n'
    cat "$said"
  fi
  rm -f "$said"
}
trap end EXIT
joined() {
  local result=0
  wait "$beside" || result=$?
  beside=
  cat "$said"
  return $result
}
makes tools
makes check-generated
makes lint
setsid make --no-print-directory test-simulated >"$said" 2>&1 &
beside=$!
makes test-unit
makes test-e2e
step "test-simulated, beside" joined
