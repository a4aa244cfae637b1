#!/usr/bin/env bash
# Makes the image from a static `mailfault` that is built already, without a registry: image.sh FILE TAG
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
binary="$1" tag="$2"

if ! LC_ALL=C file -L "$binary" | grep -qE 'static(-pie|ally) linked'; then
  echo "error: \`$binary\` is not static; build it with \`cargo build --release --locked --target $(uname -m)-unknown-linux-musl\`" >&2
  exit 2
fi
context="$(mktemp -d)"
trap 'rm -rf "$context"' EXIT
mkdir -p "$context"/image/{out,scenarios,tls}
install -m 755 "$binary" "$context/image/mailfault"
revision="$(git -C "$here" rev-parse HEAD 2>/dev/null || echo unknown)"
version="$("$binary" --version | cut -d ' ' -f 2)"
docker build -q -f "$here/Dockerfile.prebuilt" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" -t "$tag" "$context"
