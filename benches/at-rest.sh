#!/usr/bin/env bash
# Time from exec to the ready file, resident memory at rest, and resident memory with stalled connections.
# Needs python3; usage: benches/at-rest.sh [connections] (the limit of open files must allow it)
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-10000}
cargo build --release --locked --quiet
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
ulimit -n "$(ulimit -Hn)"

python3 - "$count" "$work" <<'PYTHON'
import json, os, resource, signal, socket, statistics, subprocess, sys, time

count, work = int(sys.argv[1]), sys.argv[2]
binary = "target/release/mailfault"

def start(*scenario):
    ready = os.path.join(work, "ready")
    if os.path.exists(ready):
        os.unlink(ready)
    listen = ["--listen", "smtp=127.0.0.1:0", "--listen", "imap=127.0.0.1:0"]
    begun = time.perf_counter()
    server = subprocess.Popen([binary, "serve", *scenario, "--quiet", *listen, "--ready-file", ready], stderr=subprocess.DEVNULL)
    while not os.path.exists(ready):
        pass
    return server, json.load(open(ready)), (time.perf_counter() - begun) * 1000

def rss(server):
    for line in open(f"/proc/{server.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])

def stop(server):
    server.send_signal(signal.SIGTERM)
    server.wait()

times = []
for _ in range(20):
    server, _, took = start()
    times.append(took)
    rest = rss(server)
    stop(server)
print(f"ready after {min(times):.1f} ms at least, {statistics.median(times):.1f} ms in the median, {max(times):.1f} ms at most")
print(f"at rest {rest / 1024:.1f} MB")

for protocol, scenario in (("smtp", "smtp/stall-at-greeting"), ("imap", "imap/stall-at-greeting")):
    text = subprocess.check_output([binary, "show", scenario], text=True)
    # Every connection is to stall, not only the first.
    text = "\n".join(line for line in text.splitlines() if not line.startswith("connections"))
    path = os.path.join(work, "stall.toml")
    open(path, "w").write(text)
    server, ready, _ = start(path)
    host, port = ready[protocol].rsplit(":", 1)
    before = rss(server)
    sockets = [socket.create_connection((host, int(port))) for _ in range(count)]
    time.sleep(1)
    after = rss(server)
    print(f"{count} stalled {protocol} connections: {after / 1024:.1f} MB, {(after - before) * 1024 / count:.0f} bytes each")
    for each in sockets:
        each.close()
    stop(server)
PYTHON
