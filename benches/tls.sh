#!/usr/bin/env bash
# Full TLS 1.3 handshakes per second of the server's own processor time on smtps, next to Dovecot's imaps, driven in turn by `openssl s_time`; the same for STARTTLS,
# driven by Python; and what an idle TLS session costs. Needs Debian's `dovecot-imapd`, `openssl` and `python3`; as root (for Dovecot). Usage: benches/tls.sh [seconds]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5}
cargo build --release --locked --quiet
work=$(mktemp -d)
cleanup() {
  [ -f "$work/dovecot/master.pid" ] && kill "$(cat "$work/dovecot/master.pid")" 2>/dev/null
  kill $(jobs -p) 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
chmod 755 "$work"
ulimit -n "$(ulimit -Hn)"

target/release/mailfault serve tls/healthy --quiet --listen smtp=127.0.0.1:0 --listen imap=127.0.0.1:0 --listen smtps=127.0.0.1:4465 \
  --listen imaps=127.0.0.1:0 --ready-file "$work/ready" 2>/dev/null &
ours=$!
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat >"$work/dovecot.conf" <<DOVECOT
base_dir = $work/dovecot
log_path = /dev/null
protocols = imap
default_vsz_limit = 2 G
ssl = yes
ssl_cert = <$work/cert.pem
ssl_key = <$work/key.pem
service imap-login {
  service_count = 0
  process_min_avail = 1
  client_limit = 7000
  inet_listener imap {
    port = 4143
  }
  inet_listener imaps {
    port = 4993
    ssl = yes
  }
}
service anvil {
  client_limit = 15000
}
mail_location = maildir:$work/mail/%u
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$work
}
DOVECOT
dovecot -c "$work/dovecot.conf"
until [ -s "$work/ready" ] && (exec 3<>/dev/tcp/127.0.0.1/4993) 2>/dev/null; do sleep 0.05; done
theirs=$(pgrep -P "$(cat "$work/dovecot/master.pid")" -f imap-login | head -n 1)

export ours theirs seconds work
python3 - <<'PYTHON'
import json, os, re, socket, ssl, subprocess, time

ours, theirs, seconds = int(os.environ["ours"]), int(os.environ["theirs"]), os.environ["seconds"]
ready = json.load(open(os.environ["work"] + "/ready"))
hertz = os.sysconf("SC_CLK_TCK")

def cpu(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / hertz

def rss(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))

def s_time(name, pid, port):
    before = cpu(pid)
    text = subprocess.run(["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", seconds, "-tls1_3"],
                          capture_output=True, text=True).stdout
    count = int(re.search(r"(\d+) connections in \d+ real seconds", text).group(1))
    used = cpu(pid) - before
    print(f"{name}: {count / float(seconds):.0f} handshakes/s (the client included), {count / used:.0f} per CPU second of the server")
    return count / used

rates = [(s_time("mailfault smtps", ours, 4465), s_time("dovecot imaps  ", theirs, 4993)) for _ in range(3)]
print(f"ratio in the median {sorted(a / b for a, b in rates)[1]:.2f}")

insecure = ssl.create_default_context()
insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE

def starttls(address, command, count):
    host, port = address.rsplit(":", 1)
    for _ in range(count):
        plain = socket.create_connection((host, int(port)))
        plain.recv(4096)
        for line in command:
            plain.sendall(line)
            plain.recv(4096)
        insecure.wrap_socket(plain).close()

for name, pid, address, command in (
    ("mailfault smtp STARTTLS", ours, ready["smtp"], (b"EHLO x\r\n", b"STARTTLS\r\n")),
    ("mailfault imap STARTTLS", ours, ready["imap"], (b"a STARTTLS\r\n",)),
    ("dovecot imap STARTTLS  ", theirs, "127.0.0.1:4143", (b"a STARTTLS\r\n",)),
):
    before = cpu(pid)
    starttls(address, command, 2000)
    print(f"{name}: {2000 / (cpu(pid) - before):.0f} per CPU second of the server")

for name, pid, address in (("mailfault imaps", ours, ready["imaps"]), ("dovecot imaps  ", theirs, "127.0.0.1:4993")):
    host, port = address.rsplit(":", 1)
    before, kept = rss(pid), []
    for _ in range(5000):
        connection = insecure.wrap_socket(socket.create_connection((host, int(port))))
        connection.recv(4096)
        kept.append(connection)
    time.sleep(1)
    print(f"{name}: 5000 idle TLS sessions, {(rss(pid) - before) * 1024 / 5000 / 1000:.1f} kB each")
PYTHON
