#!/usr/bin/env bash
# Checks the manifests beside this file against the schemas of Kubernetes, strictly (a key that is unknown is an error), with `kubernetes-validate` from PyPI,
# the scenarios in the ConfigMap with `mailfault check`, and the README's workflow for GitHub Actions against the schema that `check-jsonschema` has: check.sh MAILFAULT
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
binary="$(readlink -f "$1")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

venv="$(realpath -m "${KUBERNETES_VALIDATE_VENV:-$work/venv}")"
if [ ! -x "$venv/bin/kubernetes-validate" ] || [ ! -x "$venv/bin/check-jsonschema" ]; then
  python3 -m venv "$venv" && "$venv/bin/pip" install -q 'kubernetes-validate==1.37.0' 'check-jsonschema==0.39.0' pyyaml
fi
# The oldest version that starts native sidecars without being asked to, and the newest that the validator knows.
for version in 1.29 1.37; do "$venv/bin/kubernetes-validate" --strict -k "$version" "$here"/*.yaml; done

# A manifest that is wrong must be found wrong, or the check is none.
sed 's/restartPolicy: Always/restartPolicies: Always/' "$here/deployment.yaml" >"$work/wrong.yaml"
if "$venv/bin/kubernetes-validate" --strict "$work/wrong.yaml" >/dev/null 2>&1; then echo "error: the validator takes everything" >&2; exit 1; fi

awk '/^```yaml$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$here/../../README.md" >"$work/workflow.yaml"
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows "$work/workflow.yaml"
sed 's/runs-on:/run-on:/' "$work/workflow.yaml" >"$work/wrong.yaml"
if "$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows "$work/wrong.yaml" >/dev/null 2>&1; then
  echo "error: the validator takes every workflow" >&2
  exit 1
fi

"$venv/bin/python" - "$here/scenarios.yaml" "$work" <<'PYTHON'
import pathlib, sys, yaml
for name, text in yaml.safe_load(open(sys.argv[1]))["data"].items():
    pathlib.Path(sys.argv[2], name).write_text(text)
PYTHON
"$binary" check "$work"/*.toml
