"""A listener of an inbox as it should be, and wrong ones: `listener.py [WRONG]` under `mailfault run`.

It connects, handles what is unseen, waits in IDLE, and connects again, whatever happens. A message is handled when its body has come whole; then it is
marked \Seen and moved to `Handled`. What was handled is known by its Message-ID (a real listener would keep that on disk), so that a mark or a MOVE that
was lost is made up for, and nothing is handled twice. It ends when nothing has happened for a while.

WRONG is one of:
  marks-first      marks a message before it reads the body
  believes         takes whatever came for the body
  trusts-idle      waits in IDLE for ever
  gives-up         ends its work at the first broken connection
  forgets          knows nothing any more of what it has handled, once the connection is gone
  starts-over      handles a message again whose mark failed
  by-uid           asks for UIDs above the highest that it has seen, and for nothing else
"""

import imaplib
import os
import re
import signal
import sys
import time

TIMEOUT = 1
# It has had enough when nothing has happened for so long, and when it has taken so long in all. Seconds.
REST = 1.2
PATIENCE = 30
# Two rounds of IDLE on each connection.
IDLE = 0.2
WRONG = sys.argv[1] if len(sys.argv) > 1 else ""


class Broken(Exception):
    """The connection, or what the server said on it, is of no use."""


class Listener:
    def __init__(self):
        self.handled = set()
        self.failed = []
        self.highest = 0
        self.last = time.monotonic()

    def run(self):
        start, pause = time.monotonic(), 0.02
        while time.monotonic() - start < PATIENCE:
            try:
                self.poll()
                pause = 0.02
                if time.monotonic() - self.last > REST:
                    return
            except (Broken, OSError, imaplib.IMAP4.error) as failure:
                print(f"{failure!r}", file=sys.stderr)
                self.last = time.monotonic()
                if WRONG == "gives-up":
                    return time.sleep(REST)
                if WRONG == "forgets":
                    self.handled.clear()
                # Rarer and rarer, and never too rarely.
                time.sleep(pause)
                pause = min(2 * pause, 0.5)

    def poll(self):
        server = imaplib.IMAP4(os.environ["MAILFAULT_HOST"], int(os.environ["MAILFAULT_IMAP_PORT"]), timeout=TIMEOUT)
        try:
            server.login(os.environ["MAILFAULT_USER"], os.environ["MAILFAULT_PASSWORD"])
            # The `OK` to LOGIN may have told them, too.
            server.capabilities = must(server.capability())[-1].decode().upper().split()
            # `NO`: it is there.
            server.create("Handled")
            must(server.select("INBOX"))
            for _ in range(2):
                self.work(server)
                idle(server)
            self.work(server)
            farewell(server)
        finally:
            server.file.close()
            server.sock.close()

    def work(self, server):
        for uid in self.failed[:]:
            self.handle(server, uid)
            self.failed.remove(uid)
        if WRONG == "by-uid":
            uids = [uid for uid in search(server, f"UID {self.highest + 1}:*") if uid > self.highest]
        else:
            uids = search(server, "UNSEEN")
        for uid in uids:
            self.highest = max(self.highest, uid)
            if WRONG == "marks-first":
                must(server.uid("STORE", str(uid), "+FLAGS", "(\\Seen)"))
            name = message_id(server, uid)
            if name not in self.handled:
                self.handle(server, uid)
                self.handled.add(name)
            self.finish(server, uid)
        # What was handled and could not be moved is here still.
        for uid in search(server, "SEEN"):
            if message_id(server, uid) in self.handled:
                put_away(server, uid)

    def handle(self, server, uid):
        answer = must(server.uid("FETCH", str(uid), "(UID RFC822.SIZE BODY.PEEK[])"))
        if WRONG != "believes":
            whole(answer, uid)
        self.last = time.monotonic()

    def finish(self, server, uid):
        try:
            must(server.uid("STORE", str(uid), "+FLAGS", "(\\Seen)"))
        except Exception:
            if WRONG == "starts-over":
                self.failed.append(uid)
            raise
        put_away(server, uid)


def put_away(server, uid):
    if "MOVE" in server.capabilities:
        return must(server.uid("MOVE", str(uid), "Handled"))
    must(server.uid("COPY", str(uid), "Handled"))
    must(server.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)"))
    must(server.uid("EXPUNGE", str(uid)))


def search(server, criterion):
    [uids] = must(server.uid("SEARCH", criterion))
    return [int(uid) for uid in (uids or b"").split()]


def message_id(server, uid):
    for piece in must(server.uid("FETCH", str(uid), "(UID ENVELOPE)")):
        # The last of an envelope (RFC 3501 section 7.4.2).
        if isinstance(piece, bytes) and (found := re.search(rb'"(<[^"]+>)"\)', piece)):
            return found[1]
    raise Broken(f"no envelope of {uid}")


def whole(answer, uid):
    """One body, of this message, and of the size that it should have."""
    pieces = [piece for piece in answer if isinstance(piece, tuple)]
    if len(pieces) != 1:
        raise Broken(f"no body of {uid}: {answer}")
    head, body = pieces[0]
    size = re.search(rb"RFC822\.SIZE (\d+)", head)
    if f"UID {uid} ".encode() not in head or not size or int(size[1]) != len(body):
        raise Broken(f"not the body of {uid}: {head}")


def must(answer):
    status, data = answer
    if status != "OK":
        raise Broken(f"{status} {data}")
    return data


def idle(server):
    """RFC 2177, which imaplib of this age does not know. Where the server will not, it is only a pause."""
    tag = server._new_tag()
    server.send(tag + b" IDLE\r\n")
    # News may come before the `+`.
    while not (line := readline(server)).startswith(b"+"):
        if line.startswith(tag):
            return time.sleep(IDLE)
    if WRONG == "trusts-idle":
        server.sock.settimeout(None)
        readline(server)
    else:
        server.sock.settimeout(IDLE)
        try:
            # Through the buffer: what came together with the `+` counts, too.
            readline(server)
        except TimeoutError:
            # A file that has met a time-out reads no more.
            server.file.close()
            server.file = server.sock.makefile("rb")
    server.sock.settimeout(TIMEOUT)
    server.send(b"DONE\r\n")
    while not readline(server).startswith(tag):
        pass


def readline(server):
    line = server.readline()
    if not line or line.startswith(b"* BYE"):
        raise Broken(f"IDLE: {line}")
    return line


def farewell(server):
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error) as failure:
        print(f"logout: {failure!r}", file=sys.stderr)


if __name__ == "__main__":
    # Whoever waits for ever is ended like a service: by its host, in peace.
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, 6 if WRONG == "trusts-idle" else PATIENCE + 10)
    Listener().run()
