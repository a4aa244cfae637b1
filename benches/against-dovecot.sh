#!/usr/bin/env bash
# IMAP next to Dovecot on the same 10,000 messages, in turn, in one run: CPU seconds of the server (all its processes), and wall time at the client.
# mailfault: `serve --quiet`, its journal as it is by default (the verdict listens, octets go nowhere). Dovecot: sdbox in memory (/dev/shm), no fsync, login processes that serve
# many clients and imap processes that serve one after the other; its caches are warm before anything is measured.
# Needs Debian's `dovecot-imapd` and `python3`; as root (for Dovecot). Usage: benches/against-dovecot.sh [rounds] [messages] [idle sessions] [only tasks
# with this in their name]
set -euo pipefail
cd "$(dirname "$0")/.."
export only=${4:-}
rounds=${1:-3} messages=${2:-10000} idle=${3:-10000}
cargo build --release --locked --quiet 2>/dev/null
shm=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
cleanup() {
  [ -f "$shm/run/master.pid" ] && kill "$(cat "$shm/run/master.pid")" 2>/dev/null
  kill $(jobs -p) 2>/dev/null
  # Its processes write below the folder until the master has gone.
  for _ in $(seq 100); do [ -f "$shm/run/master.pid" ] || break; sleep 0.05; done
  rm -rf "$shm"
}
trap cleanup EXIT
chmod 755 "$shm"
mkdir "$shm/mail"
chmod 777 "$shm/mail"
ulimit -n "$(ulimit -Hn)"

target/release/mailfault serve --quiet --listen smtp=127.0.0.1:0 --listen imap=127.0.0.1:0 --ready-file "$shm/ready" 2>/dev/null &
ours=$!
cat >"$shm/dovecot.conf" <<DOVECOT
base_dir = $shm/run
log_path = $shm/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_cache_size = 1 M
default_vsz_limit = 4 G
default_process_limit = 5000
default_client_limit = 15000
mail_location = sdbox:$shm/mail/%u
mail_fsync = never
mail_max_userip_connections = 0
imap_hibernate_timeout = ${hibernate:-0}
service imap-login {
  service_count = 0
  process_min_avail = 2
  process_limit = 2
  client_limit = 15000
  inet_listener imap {
    port = 5143
  }
}
service imap {
  service_count = 1000
  process_min_avail = 4
  unix_listener imap-master {
    user = \$default_internal_user
  }
}
service imap-hibernate {
  unix_listener imap-hibernate {
    mode = 0666
  }
}
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$shm/mail
}
namespace inbox {
  inbox = yes
}
DOVECOT
dovecot -c "$shm/dovecot.conf" 2>/dev/null
until [ -s "$shm/ready" ] && [ -s "$shm/run/master.pid" ] && (exec 3<>/dev/tcp/127.0.0.1/5143) 2>/dev/null; do sleep 0.05; done

export ours rounds messages idle shm
theirs=$(cat "$shm/run/master.pid") python3 - <<'PYTHON'
import base64, json, os, random, socket, statistics, subprocess, threading, time

rounds, messages, idle = (int(os.environ[name]) for name in ("rounds", "messages", "idle"))
hertz = os.sysconf("SC_CLK_TCK")
begun = time.perf_counter()


class Server:
    """One of the two: where it listens, and what its processes have cost."""

    def __init__(self, name, root, address):
        host, port = address.rsplit(":", 1)
        self.name, self.root, self.address = name, root, (host, int(port))

    def processes(self):
        """The process and all its descendants, with the fields of /proc/*/stat from the parent on."""
        table = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                table[int(pid)] = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                pass
        children = {}
        for pid, fields in table.items():
            children.setdefault(int(fields[1]), []).append(pid)
        found, ahead = {}, [self.root]
        while ahead:
            pid = ahead.pop()
            found[pid] = table[pid]
            ahead += children.get(pid, [])
        return found

    def cpu(self):
        """CPU seconds so far, those of children that have been waited for included."""
        return sum(sum(map(int, fields[11:15])) for fields in self.processes().values()) / hertz

    def memory(self):
        """Octets: every page counts once, shared ones in equal parts."""
        total = 0
        for pid in self.processes():
            try:
                for line in open(f"/proc/{pid}/smaps_rollup"):
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total


class Client:
    """Reads raw octets and looks only for the tagged line, so that it is not what is measured."""

    buffer = bytearray(4 << 20)

    def __init__(self, server, user="bench", mailbox=None):
        self.socket = socket.create_connection(server.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.recv(4096)
        self.number = 0
        self.run(f"LOGIN {user} secret")
        if mailbox:
            self.run(f"SELECT {mailbox}")

    def tag(self):
        self.number += 1
        return b"t%d" % self.number

    def until(self, tag):
        """Octets up to the tagged line, and that line."""
        octets, tail, wanted = 0, b"", b"\n" + tag + b" "
        while True:
            read = self.socket.recv_into(self.buffer)
            if not read:
                raise EOFError
            octets += read
            tail = (tail + bytes(self.buffer[max(0, read - 4000) : read]))[-4000:]
            if tail.endswith(b"\r\n"):
                start = (b"\n" + tail).rfind(wanted)
                if start >= 0:
                    line = tail[start:]
                    if b" OK" not in line[:20] and b"LOGOUT" not in line:
                        raise RuntimeError(line)
                    return octets, line

    def run(self, command):
        tag = self.tag()
        self.socket.sendall(tag + b" " + command.encode() + b"\r\n")
        return self.until(tag)[0]

    def append(self, mailbox, mail):
        tag = self.tag()
        self.socket.sendall(tag + b" APPEND %s {%d+}\r\n" % (mailbox, len(mail)) + mail + b"\r\n")
        self.until(tag)

    def append_all(self, mailbox, mails):
        tags = [self.tag() for _ in mails]

        def write():
            for first in range(0, len(mails), 50):
                some = zip(tags[first : first + 50], mails[first : first + 50])
                self.socket.sendall(b"".join(tag + b" APPEND %s {%d+}\r\n%s\r\n" % (mailbox, len(mail), mail) for tag, mail in some))

        writer = threading.Thread(target=write)
        writer.start()
        self.until(tags[-1])
        writer.join()


WORDS = "offer meeting report invoice budget harbour winter ledger notice summer answer travel number garden letter morning river market history engine".split()


def mail(n, draw):
    """A message as the world writes them: lists and replies, multiparts, encoded words; every hundredth has a rare word in subject, sender, header and body."""
    words = lambda count: " ".join(draw.choices(WORDS, k=count))
    rare = n % 100 == 7
    subject = words(6) + (" zeppelin" if rare else "")
    if n % 5 == 0:
        subject = "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?= " + subject
    sender = "zora.zeppelin@rare.test" if rare else f"{draw.choice(WORDS)}@{draw.choice(WORDS)}.test"
    header = [
        f"Return-Path: <{sender}>",
        f"Received: from mx{n % 7}.example.test (mx{n % 7}.example.test [192.0.2.{n % 250}])\r\n\tby mail.example.test (Postfix) with ESMTPS id {n:08X}\r\n\tfor <bench@example.test>; Thu, 1 Jan 2026 10:00:00 +0100 (CET)",
        f"Received: from localhost (localhost [127.0.0.1])\r\n\tby mx{n % 7}.example.test (Postfix) with ESMTP id {n * 7:08X};\r\n\tThu, 1 Jan 2026 09:59:59 +0100",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.test; s=a;\r\n\th=from:to:subject; bh={base64.b64encode(draw.randbytes(32)).decode()};\r\n\tb={base64.b64encode(draw.randbytes(96)).decode()}",
        f"Date: Thu, {1 + n % 28} Jan 2026 {n % 24:02}:{n % 60:02}:00 +0100",
        f'From: "{words(2).title()}" <{sender}>',
        f"To: Bench <bench@example.test>, {words(1)} <{words(1)}@example.test>",
        *([f"Cc: {words(1)}@example.test,\r\n {words(1)}@example.test"] if n % 3 == 0 else []),
        f"Subject: {subject}",
        f"Message-ID: <{n}.{draw.getrandbits(60):x}@example.test>",
        *([f"In-Reply-To: <{n - 1}@example.test>\r\nReferences: <{n - 2}@example.test>\r\n <{n - 1}@example.test>"] if n % 2 else []),
        *([f"X-Campaign: zeppelin-{n}"] if rare else [f"X-Campaign: {words(1)}"]),
        "X-Mailer: Bench 1.0",
        "MIME-Version: 1.0",
    ]
    size = 50_000 if n % 40 == 11 else draw.randint(500, 5_000)
    lines = "\r\n".join(words(10) for _ in range(max(1, size // 80))) + ("\r\nA zeppelin over the harbour." if rare else "")
    if n % 4 == 1:
        b = f"part-{n}"
        encoded = base64.encodebytes(draw.randbytes(size // 2)).decode().replace("\n", "\r\n")
        html = base64.encodebytes(f"<p>{lines[:1500]}</p>".encode()).decode().replace("\n", "\r\n")
        body = (
            f"--{b}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{lines[: size // 3]}\r\n"
            + ("A zeppelin over the harbour.\r\n" if rare else "")
            + f"--{b}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{html}"
            f'--{b}\r\nContent-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}--{b}--\r\n'
        )
        header.append(f'Content-Type: multipart/mixed; boundary="{b}"')
    else:
        body = lines + "\r\n"
        header += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return ("\r\n".join(header) + "\r\n\r\n" + body).encode()


servers = [
    Server("mailfault", int(os.environ["ours"]), json.load(open(os.environ["shm"] + "/ready"))["imap"]),
    Server("Dovecot", int(os.environ["theirs"]), "127.0.0.1:5143"),
]
draw = random.Random(1)
mails = [mail(n, draw) for n in range(messages)]
sizes = sorted(map(len, mails))
print(f"{messages} messages, {sum(sizes) / 1e6:.0f} MB, median {sizes[len(sizes) // 2]} octets, largest {sizes[-1]}; {rounds} rounds, medians")
for server in servers:
    filling = Client(server)
    filling.append_all(b"INBOX", mails)
    # Warm: index and cache files of Dovecot, parsed structures of ours.
    filling.run("SELECT INBOX")
    for command in ("FETCH 1:* (FLAGS UID ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)", "FETCH 1:* (BODY.PEEK[])",
                    "SEARCH SUBJECT x HEADER X-Campaign x FROM x", "STORE 1:* -FLAGS.SILENT (\\Flagged)"):
        filling.run(command)
    filling.run("LOGOUT")


def command(*texts):
    def run(server):
        client = Client(server, mailbox="INBOX")
        yield
        for text in texts:
            client.run(text)
    return run


def appends(pipelined):
    def run(server):
        client = Client(server)
        client.run("CREATE Target")
        some = mails[: len(mails) // 2]
        yield
        if pipelined:
            client.append_all(b"Target", some)
        else:
            for each in some:
                client.append(b"Target", each)
        yield
        client.run("DELETE Target")
    return run


SESSIONS = 800


def session(server, user, count):
    for _ in range(count):
        client = Client(server, user, "INBOX")
        client.run("FETCH 1 (FLAGS)")
        client.run("LOGOUT")
        client.socket.close()


def sessions(clients, user):
    def run(server):
        yield
        children = []
        for _ in range(clients):
            child = os.fork()
            if not child:
                session(server, user, SESSIONS // clients)
                os._exit(0)
            children.append(child)
        for child in children:
            if os.waitpid(child, 0)[1]:
                raise RuntimeError("a client has failed")
    return run


for server in servers:
    small = Client(server, "small")
    small.append_all(b"INBOX", mails[:10])

every = messages


def many(name, text, times):
    return name, times * every, command(*[text] * times)


# Name, how many things it counts, what it does. As often as it takes for clock ticks of 10 ms not to matter.
tasks = [
    many("FETCH 1:* (ENVELOPE)", "FETCH 1:* (ENVELOPE)", 8),
    many("FETCH 1:* (FLAGS UID)", "FETCH 1:* (FLAGS UID)", 80),
    many("FETCH 1:* (BODYSTRUCTURE)", "FETCH 1:* (BODYSTRUCTURE)", 40),
    many("FETCH 1:* (BODY.PEEK[])", "FETCH 1:* (BODY.PEEK[])", 5),
    many("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (...)])", "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (From To Subject Date)])", 24),
    many("UID SEARCH SUBJECT, 1 % hits", "UID SEARCH SUBJECT zeppelin", 32),
    many("UID SEARCH SUBJECT, no hit", "UID SEARCH SUBJECT xylophone", 32),
    many("UID SEARCH FROM, 1 % hits", "UID SEARCH FROM rare.test", 32),
    many("UID SEARCH HEADER, 1 % hits", "UID SEARCH HEADER X-Campaign zeppelin", 32),
    many("UID SEARCH BODY, 1 % hits", "UID SEARCH BODY zeppelin", 3),
    many("UID SEARCH BODY, no hit", "UID SEARCH BODY xylophone", 3),
    many("UID SEARCH TEXT, no hit", "UID SEARCH TEXT xylophone", 3),
    many("UID SEARCH flags and dates", "UID SEARCH UNSEEN SINCE 1-Jan-2020 NOT FLAGGED", 100),
    ("STORE 1:* +FLAGS, -FLAGS", 60 * every, command(*["STORE 1:* +FLAGS (\\Flagged)", "STORE 1:* -FLAGS (\\Flagged)"] * 30)),
    ("APPEND, one after the other", every // 2, appends(False)),
    ("APPEND, pipelined", every // 2, appends(True)),
    ("sessions, one after the other", SESSIONS, sessions(1, "bench")),
    ("sessions, four clients", SESSIONS, sessions(4, "bench")),
    ("sessions, mailbox of ten", SESSIONS, sessions(1, "small")),
]

print(f"{'':<44} {'per CPU second of the server':>34} {'ratio':>7}   {'per second at the client':>26} {'ratio':>7}")
print(f"{'':<44} {'mailfault':>17} {'Dovecot':>16} {'':>7}   {'mailfault':>13} {'Dovecot':>12}")
only = os.environ.get("only", "")
for name, count, task in (task for task in tasks if only in task[0]):
    figures = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            steps = task(server)
            next(steps)
            cpu, wall = server.cpu(), time.perf_counter()
            next(steps, None)
            wall = time.perf_counter() - wall
            # What processes do after the last reply (LOGOUT, transactions) belongs to it.
            time.sleep(0.05)
            figures[server.name].append((max(server.cpu() - cpu, 0.5 / hertz), wall))
            next(steps, None)
    (a, wall_a), (b, wall_b) = ([count / statistics.median(column) for column in zip(*figures[server.name])] for server in servers)
    print(f"{name:<44} {a:>17,.0f} {b:>16,.0f} {a / b:>7.2f}   {wall_a:>13,.0f} {wall_b:>12,.0f} {wall_a / wall_b:>7.2f}", flush=True)


def idling(server, user, count):
    before, kept = server.memory(), []
    for _ in range(count):
        client = Client(server, user, "INBOX")
        client.socket.sendall(b"i IDLE\r\n")
        while b"+" not in client.socket.recv(4096):
            pass
        kept.append(client)
    time.sleep(float(os.environ.get("hibernate") or 0) + 1)
    each = (server.memory() - before) / count
    for client in kept:
        client.socket.close()
    return each / 1000


def idling_afresh(user, count):
    """In a mailfault of its own: one that has worked has memory to spare, which would not be counted."""
    ready = os.environ["shm"] + "/ready-idle"
    arguments = ["serve", "--quiet", "--listen", "smtp=127.0.0.1:0", "--listen", "imap=127.0.0.1:0", "--ready-file", ready]
    process = subprocess.Popen(["target/release/mailfault", *arguments], stderr=subprocess.DEVNULL)
    try:
        while not os.path.exists(ready):
            time.sleep(0.01)
        server = Server("mailfault", process.pid, json.load(open(ready))["imap"])
        filling = Client(server)
        filling.append_all(b"INBOX", mails)
        filling.run("SELECT INBOX")
        filling.run("LOGOUT")
        time.sleep(1)
        return idling(server, user, count)
    finally:
        process.terminate()
        process.wait()


print("memory per session that is IDLE, kB (Dovecot: a process for each, so fewer of them)")
for user, what in (("bench", f"{messages} messages"), ("empty", "an empty INBOX")):
    count = min(idle, 500)
    a, b = idling_afresh(user, idle), idling(servers[1], user, count)
    print(f"{what:<44} {a:>10.1f} ({idle}) {b:>10.1f} ({count}) {b / max(a, 0.1):>9.1f}", flush=True)
print(f"in {time.perf_counter() - begun:.0f} s")
PYTHON
