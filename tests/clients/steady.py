"""A client that behaves well, as far as smtplib and imaplib let it: it gives up on silence and on talk without end, tries again what may succeed later, with
pauses that grow, believes no reply that does not fit what it asked for, and marks as seen only what it has read.

`steady.py WORD...` under `mailfault run`. Words: `send` or `send=N` (N messages, a connection each), `size=N` (octets of a message), `keep` (two more
messages on one connection, with a rest between them), `read` or `read=N` (N polls of the INBOX, a connection each), `idle` (waits for new mail in
each poll), `partial` (reads bodies in pieces), `structure` and `envelope` (asks for those first), `polite` (says who it is, asks for namespaces and lists
the mailboxes), `literal` and `authenticate` (other ways to log in), `append` (stores a message), `copy` (keeps a copy of what it has read), `remember` (knows what it has
read before), `move` or `remove` (takes what it has read out of the INBOX), `qresync` (asks what has changed
since its last poll), `conditional` (marks as seen only what nobody else has changed), `stubborn` (tries
again even what was refused for good), `tries=N` (no more often), `sasl` (logs in with the strongest mechanism that is offered), `gullible` (and believes whatever the server says there), `starttls` or `implicit` (all of it inside TLS, nothing without). It fails if a message could not be sent or stored, or
a poll not be made.
"""

import base64
import contextlib
import imaplib
import os
import re
import select
import signal
import smtplib
import ssl
import sys
import time

import sasl

TIMEOUT = 2
# All of a try: a server that talks without end never lets a read time out.
TRY_TIMEOUT = 8
HOST = os.environ["MAILFAULT_HOST"]
USER, PASSWORD = os.environ["MAILFAULT_USER"], os.environ["MAILFAULT_PASSWORD"]
ADDRESS = USER if "@" in USER else f"{USER}@mailfault.test"
WORDS = {word.partition("=")[0]: int(word.partition("=")[2] or 1) for word in sys.argv[1:]}
TRIES = WORDS.get("tries", 12)
# What a FETCH response says before the literal of the body: nothing but what was asked for, or what any server may add.
ITEM = rb"(?:UID (?P<uid%d>\d+)|RFC822\.SIZE \d+|FLAGS \([^()]*\)|MODSEQ \(\d+\)) "
FETCHED = re.compile(rb"\d+ \((?:%s)*BODY\[\](?P<origin><\d+>)? \{\d+\}" % (ITEM % 1))

# UIDVALIDITY and HIGHESTMODSEQ of the INBOX at the end of the last poll.
remembered = {}
# UIDVALIDITY and UID of what was read.
handled = set()


class Refused(Exception):
    """For good: trying again would not help."""


def main():
    fine = all([until_it_works(send, [number]) for number in range(1, WORDS.get("send", 0) + 1)])
    if "keep" in WORDS:
        kept = Kept()
        fine &= all([until_it_works(kept.send, [number]) for number in (101, 102)])
    fine &= all([until_it_works(poll, [read]) for _ in range(WORDS.get("read", 0))])
    if "append" in WORDS:
        fine &= until_it_works(poll, [append])
    sys.exit(0 if fine else 1)


def until_it_works(action, arguments):
    for number in range(TRIES):
        try:
            with bounded():
                action(*arguments)
            return True
        except Refused as failure:
            print(f"{action.__name__}: refused: {failure}", file=sys.stderr)
            if "stubborn" not in WORDS:
                return False
        except Exception as failure:
            print(f"{action.__name__}: {failure!r}", file=sys.stderr)
        time.sleep(0.05 * (number + 1))
    return False


@contextlib.contextmanager
def bounded():
    def too_long(*_):
        raise TimeoutError("this takes too long")

    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, TRY_TIMEOUT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def send(number):
    server = connected()
    deliver(server, number)
    try:
        server.quit()
    except Exception as failure:
        # The message was taken: how the connection ends is of no account.
        print(f"quit: {failure!r}", file=sys.stderr)


class Kept:
    """A connection that is kept from message to message, and made anew when it has broken."""

    def __init__(self):
        self.server = None

    def send(self, number):
        if self.server is None:
            self.server = connected()
        else:
            time.sleep(0.3)
        try:
            deliver(self.server, number)
        except Exception:
            self.server = None
            raise


class WholeLines(smtplib.SMTP):
    """smtplib itself takes what comes before the end of a connection for a line."""

    def getreply(self):
        if self.file is None:
            self.file = Lines(self.sock.makefile("rb"))
        return super().getreply()


class WholeLinesOfTls(WholeLines, smtplib.SMTP_SSL):
    pass


class Lines:
    def __init__(self, file):
        self.file = file

    def readline(self, most):
        line = self.file.readline(most)
        if line and len(line) < most and not line.endswith(b"\n"):
            raise smtplib.SMTPServerDisconnected(f"half a line: {line}")
        return line

    def close(self):
        self.file.close()


def greet(server):
    """smtplib by itself says HELO even after a goodbye."""
    code, text = server.ehlo()
    if code in (221, 421):
        server.close()
        raise smtplib.SMTPResponseException(code, text)
    if code != 250:
        server.helo()


def connected():
    try:
        if "implicit" in WORDS:
            server = WholeLinesOfTls(HOST, port("smtp"), timeout=TIMEOUT, context=trust())
        else:
            server = WholeLines(HOST, port("smtp"), timeout=TIMEOUT)
        greet(server)
        if "starttls" in WORDS:
            server.starttls(context=trust())
            greet(server)
        if "sasl" in WORDS:
            authenticate_to_smtp(server)
        else:
            server.login(USER, PASSWORD)
        return server
    except sasl.Distrust as failure:
        raise Refused(failure)
    except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as failure:
        raise Refused(failure)
    except smtplib.SMTPResponseException as failure:
        raise (Refused(failure) if failure.smtp_code >= 500 else failure)


def strongest(offered):
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "XOAUTH2", "OAUTHBEARER", "CRAM-MD5"):
        if mechanism in offered:
            return mechanism
    raise Refused(f"no mechanism that this client knows in {offered}")


def responder(mechanism):
    return sasl.responder(mechanism, USER, PASSWORD, "gullible" in WORDS)


def challenged(respond):
    """What answers the challenges, of which there is an end."""
    count = 0

    def answer(challenge):
        nonlocal count
        count += 1
        if count > sasl.MOST_CHALLENGES:
            raise RuntimeError("the login does not end")
        return respond(challenge)

    return answer


def authenticate_to_smtp(server):
    mechanism = strongest(server.esmtp_features.get("auth", "").split())
    answer = challenged(responder(mechanism))
    code, text = server.docmd("AUTH", mechanism)
    while code == 334:
        code, text = server.docmd(base64.b64encode(answer(base64.b64decode(text, validate=True))).decode())
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, text)


def port(protocol):
    plain = os.environ[f"MAILFAULT_{protocol.upper()}_PORT"]
    return int(os.environ.get(f"MAILFAULT_{protocol.upper()}S_PORT", plain) if "implicit" in WORDS else plain)


def trust():
    return ssl.create_default_context(cafile=os.environ["MAILFAULT_CA_FILE"])


def deliver(server, number):
    body = "Steady as she goes.\r\n" * (1 + WORDS.get("size", 0) // 21)
    # The same Message-ID however often it is sent: receivers can tell.
    head = f"From: {ADDRESS}\r\nTo: {ADDRESS}\r\nSubject: steady {number}\r\nMessage-ID: <{number}@steady.test>\r\n\r\n"
    try:
        server.sendmail(ADDRESS, [ADDRESS], head + body)
    except smtplib.SMTPRecipientsRefused as failure:
        code = max(code for code, _ in failure.recipients.values())
        raise (Refused(failure) if code >= 500 else failure)
    except smtplib.SMTPResponseException as failure:
        raise (Refused(failure) if failure.smtp_code >= 500 else failure)


def poll(action):
    """Does something on a connection of its own."""
    server = None
    try:
        server = logged_in()
        action(server)
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            # The work is done: how the connection ends is of no account.
            server.logout()
    finally:
        if server is not None:
            with contextlib.suppress(OSError):
                server.shutdown()


def logged_in():
    server = None
    try:
        if "implicit" in WORDS:
            server = imaplib.IMAP4_SSL(HOST, port("imap"), timeout=TIMEOUT, ssl_context=trust())
        else:
            server = imaplib.IMAP4(HOST, port("imap"), timeout=TIMEOUT)
        if "starttls" in WORDS:
            server.starttls(ssl_context=trust())
        log_in(server)
        return server
    except (ssl.SSLCertVerificationError, sasl.Distrust) as failure:
        raise Refused(failure)
    except imaplib.IMAP4.error as failure:
        final = ["AUTHENTICATIONFAILED", "TLS not supported", "STARTTLS illegal"]
        raise (Refused(failure) if any(words in str(failure) for words in final) else failure)


def log_in(server):
    if server.state == "AUTH":
        return  # PREAUTH
    if "sasl" in WORDS:
        mechanism = strongest([word.removeprefix("AUTH=") for word in server.capabilities])
        server.authenticate(mechanism, challenged(responder(mechanism)))
    elif "authenticate" in WORDS:
        server.authenticate("PLAIN", challenged(lambda _: f"\0{USER}\0{PASSWORD}".encode()))
    elif "literal" in WORDS:
        server.literal = PASSWORD.encode()
        must(server._simple_command("LOGIN", USER))
        server.state = "AUTH"
    else:
        server.login(USER, PASSWORD)


def read(server):
    if "polite" in WORDS:
        for ask in (lambda: server.xatom("ID", "NIL"), server.namespace, server.list, server.lsub):
            # What a server does not do, a client can do without.
            with contextlib.suppress(imaplib.IMAP4.error):
                ask()
    must(server.select("INBOX" + (resynchronization(server) if "qresync" in WORDS else "")))
    for name in ("UIDVALIDITY", "HIGHESTMODSEQ"):
        remembered[name] = (server.response(name)[1][0] or b"").decode()
    read_unseen(server)
    if "idle" in WORDS:
        for _ in range(3):
            wait(server, 0.3)
            read_unseen(server)


def resynchronization(server):
    """Whatever is told of what has vanished: what is unseen is searched for, and that is what counts."""
    must(server.enable("QRESYNC"))
    enabled = server.response("ENABLED")[1][0] or b""
    if b"QRESYNC" not in enabled.split() or not all(remembered.get(name) for name in ("UIDVALIDITY", "HIGHESTMODSEQ")):
        return ""
    return f" (QRESYNC ({remembered['UIDVALIDITY']} {remembered['HIGHESTMODSEQ']}))"


def read_unseen(server):
    """By UID: numbers may change while one looks."""
    for uid in found(server, "UNSEEN"):
        for word, item in (("structure", "BODYSTRUCTURE"), ("envelope", "ENVELOPE")):
            if word in WORDS:
                # Whatever stands there: the message itself is what counts.
                must(server.uid("FETCH", uid, f"({item})"))
        known = (remembered["UIDVALIDITY"], uid)
        if "remember" not in WORDS or known not in handled:
            body(server, uid)
            handled.add(known)
        if "copy" in WORDS:
            keep(server, uid)
        mark(server, uid)
    if "move" in WORDS or "remove" in WORDS:
        for uid in found(server, "SEEN"):
            put_away(server, uid)


def put_away(server, uid):
    if "move" in WORDS:
        return keep(server, uid, "MOVE")
    must(server.uid("STORE", uid, "+FLAGS", "(\\Deleted)"))
    must(server.expunge())


def mark(server, uid):
    condition = []
    if "conditional" in WORDS:
        known = re.search(rb"MODSEQ \((\d+)\)", must(server.uid("FETCH", uid, "(MODSEQ)"))[0])
        condition = [f"(UNCHANGEDSINCE {known[1].decode()})"]
    must(server.uid("STORE", uid, *condition, "+FLAGS", "(\\Seen)"))
    if server.response("MODIFIED")[1] != [None]:
        raise RuntimeError(f"STORE of {uid}: somebody else has changed it")


def found(server, *criteria):
    [uids] = must(server.uid("SEARCH", *criteria))
    if uids is None:
        raise RuntimeError("no SEARCH response")
    return uids.split()


def body(server, uid):
    """The whole message, or an exception."""
    if "partial" not in WORDS:
        return section(server, uid, "BODY.PEEK[]")
    piece, whole = 400, b""
    while True:
        new = section(server, uid, f"BODY.PEEK[]<{len(whole)}.{piece}>")
        if len(new) > piece:
            # All of it: only the first piece can be had so.
            return new
        whole += new
        if len(new) < piece:
            return whole


def section(server, uid, item):
    data = must(server.uid("FETCH", uid, f"(UID RFC822.SIZE {item})"))
    for part in data:
        match = isinstance(part, tuple) and FETCHED.fullmatch(part[0])
        if match and match["uid1"] == uid:
            return part[1]
    raise RuntimeError(f"FETCH of {uid}: no body in {str(data)[:200]}")


def keep(server, uid, verb="COPY"):
    status, data = server.uid(verb, uid, "Kept")
    if b"TRYCREATE" in (data[0] or b""):
        make(server, "Kept")
        status, data = server.uid(verb, uid, "Kept")
    must((status, data))


def make(server, mailbox):
    status, data = server.create(mailbox)
    if status != "OK" and b"ALREADYEXISTS" not in (data[0] or b""):
        raise RuntimeError(f"CREATE: {status} {data}")


def append(server):
    identifier = "<kept@steady.test>"
    message = f"From: {ADDRESS}\r\nSubject: kept\r\nMessage-ID: {identifier}\r\n\r\nSteady as she goes.\r\n".encode()
    # An earlier try may have stored it, and only its OK was lost.
    if server.select("Kept")[0] == "OK" and found(server, "HEADER", "Message-ID", identifier):
        return
    status, data = server.append("Kept", None, None, message)
    if b"TRYCREATE" in (data[0] or b""):
        make(server, "Kept")
        status, data = server.append("Kept", None, None, message)
    must((status, data))


def must(answer):
    status, data = answer
    if status != "OK":
        raise RuntimeError(f"{status} {data}")
    return data


def wait(server, seconds):
    """Until there may be news: by IDLE (RFC 2177), which imaplib of this age does not know, or where the server will have none of it by NOOP."""
    tag = server._new_tag()
    server.send(tag + b" IDLE\r\n")
    line = untagged(server)
    while line.startswith(b"* "):
        line = untagged(server)
    if line.startswith(tag):
        time.sleep(seconds)
        must(server.noop())
        return
    if not line.startswith(b"+"):
        raise RuntimeError(f"IDLE: {line}")
    until = time.monotonic() + seconds
    while select.select([server.sock], [], [], max(0, until - time.monotonic()))[0]:
        if untagged(server).startswith(tag):
            return
    server.send(b"DONE\r\n")
    while not untagged(server).startswith(tag):
        pass


def untagged(server):
    line = server.readline()
    if not line or line.startswith(b"* BYE"):
        raise RuntimeError(f"IDLE: {line}")
    return line


if __name__ == "__main__":
    main()
