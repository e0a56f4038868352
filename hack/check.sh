#!/usr/bin/env bash
# `make test`: each step with its time; stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
begin=$SECONDS
step() {
  local start=$SECONDS
  printf '\n== %s\n' "$*"
  make --no-print-directory "$@"
  printf '== %s: passed in %d s (%d s in all)\n' "$*" $((SECONDS - start)) $((SECONDS - begin))
}
step tools
step check-generated
step lint
step test-unit
step test-e2e
