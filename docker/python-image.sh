#!/usr/bin/env bash
# Makes an image with this machine's own Python in it, for machines without a registry: python-image.sh TAG
# The interpreter, its standard library, and the shared libraries that both want.
set -euo pipefail
tag="$1"
context="$(mktemp -d)"
trap 'rm -rf "$context"' EXIT

python="$(readlink -f "$(command -v /usr/bin/python3 || command -v python3)")"
library="$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
{
  echo "$python"
  find "$library" -name '*.py' -not -path '*/test/*' -not -path '*/site-packages/*' -not -path '*/dist-packages/*'
  find "$library" -name '*.so'
  { echo "$python"; find "$library" -name '*.so'; } | xargs ldd 2>/dev/null | grep -oE '/[^ ]+' | grep -vE ':$' | sort -u
} | tar -C / --dereference --hard-dereference --ignore-failed-read -cf "$context/root.tar" -T - 2>/dev/null
cat >"$context/Dockerfile" <<END
FROM scratch
ADD root.tar /
ENV PATH=$(dirname "$python")
ENTRYPOINT ["$python"]
END
# The scripts that are written for an image of Python call it \`python3\`.
tar -C "$context" -xf "$context/root.tar" "${python#/}" && mv "$context/${python#/}" "$context/python3"
echo "COPY python3 $(dirname "$python")/python3" >>"$context/Dockerfile"
docker build -q -t "$tag" "$context"
