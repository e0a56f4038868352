#!/usr/bin/env bash
# Fails when the generated files differ from what `make generate` writes. It
# works on a copy, so that it neither needs nor disturbs a clean tree.
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard -- go.mod go.sum api config controllers internal server charts docs/reference hack/charts Makefile |
  xargs -0 cp --parents -t "$copy"
make --no-print-directory -C "$copy" generate >/dev/null
for path in api config/crd config/rbac charts docs/reference; do
  if ! diff -r "$path" "$copy/$path"; then
    echo "generated files are out of date: run 'make generate' and commit what it changes" >&2
    exit 1
  fi
done
