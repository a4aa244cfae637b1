"""A client that believes everything: it works by number, takes what looks like a body for one and nothing for an empty one, and marks as seen all that it has
asked for. Scenarios are there to find it out.

`careless.py` under `mailfault run` polls the INBOX a few times, each time on a new connection, whatever comes of it.
"""

import contextlib
import imaplib
import os
import sys

POLLS = 4


def main():
    for _ in range(POLLS):
        try:
            read()
        except Exception as failure:
            print(repr(failure), file=sys.stderr)


def read():
    server = imaplib.IMAP4(os.environ["MAILFAULT_HOST"], int(os.environ["MAILFAULT_IMAP_PORT"]), timeout=1)
    server.login(os.environ["MAILFAULT_USER"], os.environ["MAILFAULT_PASSWORD"])
    server.select("INBOX")
    _, [numbers] = server.search(None, "UNSEEN")
    for number in numbers.split():
        with contextlib.suppress(imaplib.IMAP4.error):
            server.fetch(number, "(BODY.PEEK[])")
        server.store(number, "+FLAGS", "\\Seen")
    server.logout()


if __name__ == "__main__":
    main()
