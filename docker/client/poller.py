"""A mail poller as one might run it: it reads what is unread and, when the connection breaks, tries again.

Environment: IMAP_HOST, IMAP_PORT, IMAP_USER, IMAP_PASSWORD; CA_FILE for TLS; TRIES (how often it connects at most, 5 unless given; 1 is a poller that gives up).
It ends with 0 when one poll has gone through.
"""

import imaplib
import os
import ssl
import sys
import time


def poll(host, port, user, password, ca_file):
    """One poll: every unread message is read whole, and so marked."""
    if ca_file:
        mailbox = imaplib.IMAP4_SSL(host, port, ssl_context=ssl.create_default_context(cafile=ca_file), timeout=10)
    else:
        mailbox = imaplib.IMAP4(host, port, timeout=10)
    mailbox.login(user, password)
    mailbox.select("INBOX")
    numbers = mailbox.search(None, "UNSEEN")[1][0].split()
    for number in numbers:
        mailbox.fetch(number, "(RFC822)")
    mailbox.logout()
    return len(numbers)


def main():
    host, port = os.environ["IMAP_HOST"], int(os.environ.get("IMAP_PORT", "3143"))
    user, password = os.environ.get("IMAP_USER", "test"), os.environ.get("IMAP_PASSWORD", "test")
    for attempt in range(1, int(os.environ.get("TRIES", "5")) + 1):
        try:
            print(f"attempt {attempt}: {poll(host, port, user, password, os.environ.get('CA_FILE'))} messages read", flush=True)
            return 0
        except (OSError, imaplib.IMAP4.error) as error:
            print(f"attempt {attempt}: {type(error).__name__}: {error}", flush=True)
            time.sleep(0.2 * attempt)
    return 1


if __name__ == "__main__":
    sys.exit(main())
