#!/usr/bin/env bash
# Lints the module with golangci-lint, built once with the Kubernetes API
# linter inside and kept in the cache folder by the hash of its sources.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/voute
key=$(cat hack/lint/go.mod hack/lint/go.sum hack/lint/main.go | sha256sum | cut -c1-12)
linter=$cache/lint-$key/golangci-lint
if [ ! -x "$linter" ]; then
  echo "building golangci-lint (2 to 6 minutes the first time)"
  go -C hack/lint build -ldflags "-s -w" -o "$linter.draft" .
  mv "$linter.draft" "$linter"
fi
"$linter" run "$@" ./...
(cd hack && "$linter" run --config ../.golangci.yaml "$@" ./...)
(cd hack/charts && "$linter" run --config ../../.golangci.yaml "$@" ./...)
