#!/usr/bin/env bash
# The image and the examples beside this file, on a real Docker engine: test.sh FILE, where FILE is a static `mailfault`.
#
# The engine is started here, in a network namespace, a data folder and an exec folder of its own, and ended by its own process id: nothing is left
# behind on the machine, no bridge, no rule of iptables. Nothing is fetched: the image is made from FILE, and the client's from this machine's Python.
# Needs root, dockerd, iproute2, docker-compose (either kind), javac and JavaMail. Skipped only where the kernel forbids namespaces or mounts.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
binary="$(readlink -f "$1")"
[ "$(id -u)" = 0 ] || exec sudo -E "$0" "$binary"

say() { printf '\n--- %s (%ss)\n' "$*" "$SECONDS"; }
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

if ! unshare --net --mount true 2>/dev/null || ! unshare --mount mount -t tmpfs none /mnt 2>/dev/null; then
  printf '\n***\n*** SKIPPED: docker/test.sh. This kernel (or the sandbox around it) allows no namespaces and mounts, so no Docker engine can run here.\n***\n\n'
  exit 0
fi
for program in dockerd docker ip nsenter javac java python3 file objcopy; do
  command -v "$program" >/dev/null || fail "$program is not installed"
done

work="$(mktemp -d /tmp/mailfault-docker.XXXXXX)"
engine=
cleanup() {
  status=$?
  set +e
  if [ -n "$engine" ]; then
    docker ps -aq | xargs -r docker rm -fv >/dev/null 2>&1
    kill "$engine"
    for _ in $(seq 100); do kill -0 "$engine" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$engine" 2>/dev/null
    wait "$engine" 2>/dev/null
  fi
  [ $status = 0 ] || { echo "the engine's log ends with:"; tail -n 15 "$work/dockerd.log"; }
  grep -o " $work[^ ]*" /proc/mounts | sort -r | xargs -r umount -l
  rm -rf "$work"
  exit $status
}
trap cleanup EXIT

say "An engine of our own"
export DOCKER_HOST="unix://$work/docker.sock"
mkdir "$work/data" "$work/exec"
unshare --net sh -c 'ip link set lo up && exec dockerd --data-root "$1/data" --exec-root "$1/exec" --host "unix://$1/docker.sock" --pidfile "$1/pid"' \
  sh "$work" >"$work/dockerd.log" 2>&1 &
engine=$!
for _ in $(seq 300); do
  docker version >/dev/null 2>&1 && break
  kill -0 "$engine" 2>/dev/null || fail "the engine did not start"
  sleep 0.1
done
docker version --format 'engine {{.Server.Version}}, client {{.Client.Version}}'
# Where the containers' network can be seen from.
outside() { nsenter --net="/proc/$engine/ns/net" "$@"; }

if docker compose version >/dev/null 2>&1; then compose() { docker compose "$@"; }; else compose() { docker-compose "$@"; }; fi

say "The image, from a file that is built already"
diff <(sed -n '/^FROM scratch/,$p' "$here/Dockerfile" | grep -v ^COPY) <(sed -n '/^FROM scratch/,$p' "$here/Dockerfile.prebuilt" | grep -v ^COPY) ||
  fail "Dockerfile and Dockerfile.prebuilt make different images"
"$here/image.sh" "$binary" mailfault:test 2>/dev/null
docker image inspect mailfault:test --format 'size {{.Size}} bytes, user {{.Config.User}}, ports {{json .Config.ExposedPorts}}'
[ "$(docker image inspect mailfault:test --format '{{.Size}}')" -lt 80000000 ] || fail "the image is larger than 80 MB"
[ "$(docker run --rm mailfault:test --version)" = "$("$binary" --version)" ] || fail "it does not run"

say "The list of all crates that went into it (the SBOM that \`cargo auditable\` writes into the file)"
objcopy --dump-section ".dep-v0=$work/sbom" "$binary" /dev/null 2>/dev/null || true
if [ -s "$work/sbom" ]; then
  python3 -c 'import json, sys, zlib; names = [p["name"] for p in json.loads(zlib.decompress(open(sys.argv[1], "rb").read()))["packages"]]; print(len(names), "crates")
assert "rustls" in names and "mailfault" in names, names' "$work/sbom"
elif [ "${CI:-}" = true ]; then
  fail "there is none"
else
  echo "none: this file was built without \`cargo auditable\`"
fi

# Hardened as a cluster would have it.
hardened=(--read-only --cap-drop ALL --security-opt no-new-privileges)
until_healthy() {
  for _ in $(seq 100); do
    [ "$(docker inspect "$1" --format '{{.State.Health.Status}}')" = healthy ] && return
    sleep 0.1
  done
  docker logs "$1"
  fail "$1 did not become healthy: $(docker inspect "$1" --format '{{json .State.Health}}')"
}

say "Read-only, as nobody, and healthy"
mkdir "$work/out" && chown 65532:65532 "$work/out"
docker run -d --name first "${hardened[@]}" -v "$work/out:/out" -e MAILFAULT_SCENARIO=smtp/reset-mid-greeting -e MAILFAULT_JOURNAL=/out/journal.jsonl \
  -e MAILFAULT_JUNIT=/out/junit.xml mailfault:test >/dev/null
until_healthy first
docker exec first /mailfault healthcheck
address="$(docker inspect first --format '{{.NetworkSettings.IPAddress}}')"
grep -q '"event":"accept"' "$work/out/journal.jsonl" && fail "the health check used up a connection"

say "JavaMail outside sees the documented reset, and then recovers"
jars=/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar
javac -cp "$jars" -d "$work" "$here/../tests/clients/java/Probe.java"
outside java -cp "$jars:$work" Probe "smtp=$address:3025" "imap=$address:3143" user=test password=test smtp-send smtp-send imap-poll >"$work/probe"
cut -c 1-150 "$work/probe"
for thrown in '"class":"javax.mail.MessagingException","message":"Exception reading response"' '"class":"java.net.SocketException","message":"Connection reset"'; do
  sed -n 1p "$work/probe" | grep -qF "$thrown" || fail "the first one did not throw $thrown"
done
[ "$(grep -c '"ok":true' "$work/probe")" = 2 ] || fail "it did not recover"

say "SIGTERM ends it within a second, with its journal whole and its verdict said"
before="$(date +%s%N)"
docker stop -t 10 first >/dev/null
took=$((($(date +%s%N) - before) / 1000000))
echo "ended in $took ms with exit code $(docker inspect first --format '{{.State.ExitCode}}')"
[ "$took" -lt 1000 ] || fail "too slow"
[ "$(docker inspect first --format '{{.State.ExitCode}}')" = 0 ] || { docker logs first; fail "the verdict is not 0"; }
tail -n 1 "$work/out/journal.jsonl" | grep -q '"event":"stop"' || fail "the journal has no end"
grep -q '<testsuite' "$work/out/junit.xml" || fail "no JUnit file"
"$binary" judge "$work/out/journal.jsonl" | head -n 1

say "What is wrong is said at the start"
refused() {
  local code="$1" words="$2" got=0
  shift 2
  docker run --rm "${hardened[@]}" "$@" mailfault:test >"$work/said" 2>&1 || got=$?
  [ "$got" = "$code" ] && grep -qF -- "$words" "$work/said" || fail "wanted $code and \`$words\`, got $got: $(cat "$work/said")"
  head -n 1 "$work/said"
}
refused 2 '`MAILFAULT_TIME_SCALE`' -e MAILFAULT_TIME_SCALE=fast
refused 2 'MAILFAULT_SCENARIO' -e MAILFAULT_SCENARIO=mine.toml
refused 5 '/out/journal.jsonl' -e MAILFAULT_JOURNAL=/out/journal.jsonl
refused 5 '/out' -e MAILFAULT_TLS_DIR=/out/tls

say "The compose examples end with the verdict"
"$here/python-image.sh" mailfault-python:test 2>/dev/null
export MAILFAULT_IMAGE=mailfault:test PYTHON_IMAGE=mailfault-python:test MAILFAULT_OUT="$work/out2"
mkdir "$MAILFAULT_OUT" && chown 65532:65532 "$MAILFAULT_OUT"
run_compose() { compose -p mailfault-test -f "$here/$1" up --build --exit-code-from mailfault; }
down_compose() { compose -p mailfault-test -f "$here/$1" down -v; }
verdict() {
  local code="$1" file="$2" got=0
  (export "${@:3}" DOCKER_BUILDKIT=0; run_compose "$file") >"$work/said" 2>&1 || got=$?
  grep -E 'attempt|passed|failed|exited' "$work/said" || true
  (export "${@:3}"; down_compose "$file") >/dev/null 2>&1
  [ "$got" = "$code" ] || { cat "$work/said"; fail "$file ${*:3}: exit code $got, wanted $code"; }
}
verdict 0 compose.yaml TRIES=5
verdict 1 compose.yaml TRIES=1
# The poller is content, and mailfault is not: it never met the fault.
verdict 1 compose.yaml TRIES=5 MAILFAULT_SCENARIO=imap/idle-reset
verdict 0 compose.scenarios.yaml TRIES=5
"$binary" judge "$MAILFAULT_OUT/journal.jsonl" | head -n 1

say "All well"
