"""A client that behaves well, as far as smtplib and imaplib let it: it gives up on silence, tries again what may succeed later, with pauses that grow,
and marks as seen only what it has read.

`steady.py WORD...` under `mailfault run`. Words: `send` or `send=N` (N messages, a connection each), `size=N` (octets of a message), `keep` (two more
messages on one connection, with a rest between them), `read` or `read=N` (N polls of the INBOX, a connection each), `idle` (waits for new mail in
each poll), `stubborn` (tries again even what was refused for good), `starttls` or `implicit` (all of it inside TLS, nothing without). It fails if a message could not be sent or a poll not be made.
"""

import imaplib
import os
import select
import smtplib
import ssl
import sys
import time

TIMEOUT = 2
TRIES = 12
HOST = os.environ["MAILFAULT_HOST"]
USER, PASSWORD = os.environ["MAILFAULT_USER"], os.environ["MAILFAULT_PASSWORD"]
ADDRESS = USER if "@" in USER else f"{USER}@mailfault.test"
WORDS = {word.partition("=")[0]: int(word.partition("=")[2] or 1) for word in sys.argv[1:]}


class Refused(Exception):
    """For good: trying again would not help."""


def main():
    fine = all([until_it_works(send, [number]) for number in range(1, WORDS.get("send", 0) + 1)])
    if "keep" in WORDS:
        kept = Kept()
        fine &= all([until_it_works(kept.send, [number]) for number in (101, 102)])
    fine &= all([until_it_works(read, []) for _ in range(WORDS.get("read", 0))])
    sys.exit(0 if fine else 1)


def until_it_works(action, arguments):
    for number in range(TRIES):
        try:
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


def connected():
    try:
        if "implicit" in WORDS:
            server = smtplib.SMTP_SSL(HOST, port("smtp"), timeout=TIMEOUT, context=trust())
        else:
            server = smtplib.SMTP(HOST, port("smtp"), timeout=TIMEOUT)
        if "starttls" in WORDS:
            server.starttls(context=trust())
        server.login(USER, PASSWORD)
        return server
    except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as failure:
        raise Refused(failure)
    except smtplib.SMTPResponseException as failure:
        raise (Refused(failure) if failure.smtp_code >= 500 else failure)


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


def read():
    try:
        if "implicit" in WORDS:
            server = imaplib.IMAP4_SSL(HOST, port("imap"), timeout=TIMEOUT, ssl_context=trust())
        else:
            server = imaplib.IMAP4(HOST, port("imap"), timeout=TIMEOUT)
        if "starttls" in WORDS:
            server.starttls(ssl_context=trust())
        server.login(USER, PASSWORD)
    except ssl.SSLCertVerificationError as failure:
        raise Refused(failure)
    except imaplib.IMAP4.error as failure:
        final = ["AUTHENTICATIONFAILED", "TLS not supported", "STARTTLS illegal"]
        raise (Refused(failure) if any(words in str(failure) for words in final) else failure)
    must(server.select("INBOX"))
    read_unseen(server)
    if "idle" in WORDS:
        for _ in range(3):
            idle(server, 0.3)
            read_unseen(server)
    try:
        server.logout()
    except Exception as failure:
        print(f"logout: {failure!r}", file=sys.stderr)


def read_unseen(server):
    [numbers] = must(server.search(None, "UNSEEN"))
    for number in numbers.split():
        must(server.fetch(number, "(BODY.PEEK[])"))
        must(server.store(number, "+FLAGS", "\\Seen"))


def must(answer):
    status, data = answer
    if status != "OK":
        raise RuntimeError(f"{status} {data}")
    return data


def idle(server, seconds):
    """RFC 2177, which imaplib of this age does not know."""
    tag = server._new_tag()
    server.send(tag + b" IDLE\r\n")
    line = server.readline()
    if not line.startswith(b"+"):
        raise RuntimeError(f"IDLE: {line}")
    select.select([server.sock], [], [], seconds)
    server.send(b"DONE\r\n")
    while not line.startswith(tag):
        line = server.readline()
        if not line or line.startswith(b"* BYE"):
            raise RuntimeError(f"DONE: {line}")


if __name__ == "__main__":
    main()
