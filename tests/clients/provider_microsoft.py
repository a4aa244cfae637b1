"""A mail program for the limits of providers: `provider_microsoft.py SMTP IMAP CA USER PASSWORD VERB...`.

Prints one line of JSON for each verb, as `probe.py` does, and speaks TLS (STARTTLS) unless a verb says otherwise. `smtp`: one message over a connection of its own. `smtp:N`: N messages
over one connection. `hold-smtp:N`, `hold-imap:N`: N connections that are ready, and stay open to the end. `rcpt:N`: one message to N recipients. `idle`: logs in, and
waits for what the server says unasked; then sends over the same connection. `clear`: one message without TLS. `token`: logs in with XOAUTH2, over both protocols. `hello`: what a healthy
server says to a message, reply by reply. `imap`: reads what is unseen. `folders`: names and attributes, greeting and capabilities.
"""

import email
import imaplib
import json
import smtplib
import ssl
import sys

SMTP, IMAP, CA, USER, PASSWORD = sys.argv[1:6]
ADDRESS = USER if "@" in USER else f"{USER}@mailfault.test"
held = []


def place(address):
    host, _, port = address.rpartition(":")
    return host, int(port)


def text(number):
    return f"From: {ADDRESS}\r\nTo: {ADDRESS}\r\nSubject: {number}\r\nMessage-ID: <{number}@probe.test>\r\n\r\nHello.\r\n"


def smtp(login=True):
    server = smtplib.SMTP(*place(SMTP), timeout=20)
    server.starttls(context=ssl.create_default_context(cafile=CA))
    if login:
        server.login(USER, PASSWORD)
    return server


def imap(login=True):
    server = imaplib.IMAP4(*place(IMAP), timeout=20)
    server.starttls(ssl_context=ssl.create_default_context(cafile=CA))
    if login:
        server.login(USER, PASSWORD)
    return server


def send(number, count=1):
    with smtp() as server:
        for n in range(count):
            server.sendmail(ADDRESS, [ADDRESS], text(f"{number}.{n}"))
    return "sent"


def send_to_many(number, count):
    names = [f"r{n}@mailfault.test" for n in range(count)]
    with smtp() as server:
        return server.sendmail(ADDRESS, names, text(number))


def send_in_clear(number, _count):
    with smtplib.SMTP(*place(SMTP), timeout=20) as server:
        server.sendmail(ADDRESS, [ADDRESS], text(number))


def idle(number, _count):
    server = smtp()
    code, said = server.getreply()
    try:
        server.sendmail(ADDRESS, [ADDRESS], text(number))
    except smtplib.SMTPServerDisconnected:
        return f"{code} {said.decode()}, then closed"
    return f"{code} {said.decode()}"


def hold_smtp(_number, count):
    held.extend(smtp() for _ in range(count))


def hold_imap(_number, count):
    for _ in range(count):
        server = imap()
        server.select("INBOX")
        held.append(server)


def token(_number, _count):
    message = f"user={USER}\x01auth=Bearer {PASSWORD}\x01\x01"
    said = []
    try:
        server = smtp(login=False)
        server.ehlo()
        said.append(str(server.auth("XOAUTH2", lambda challenge=None: message)))
    except smtplib.SMTPAuthenticationError as failure:
        said.append(str(failure))
    try:
        said.append(str(imap(login=False).authenticate("XOAUTH2", lambda _challenge: message.encode())))
    except imaplib.IMAP4.error as failure:
        said.append(str(failure))
    return " ".join(said)


def hello(number, _count):
    server = smtplib.SMTP(timeout=20)
    # Only the constructor sets it, and takes the greeting for itself.
    server._host = place(SMTP)[0]
    said = [server.connect(*place(SMTP)), server.ehlo(), server.docmd("MAIL", f"FROM:<{ADDRESS}>")]
    said.append(server.starttls(context=ssl.create_default_context(cafile=CA)))
    said.append(server.ehlo())
    said.append(server.login(USER, PASSWORD))
    said.extend([server.noop(), server.rset(), server.mail(ADDRESS), server.rcpt(ADDRESS), server.data(text(number)), server.quit()])
    return "\n".join(f"{code} {line.decode()}" for code, line in said)


def read(_number, _count):
    server = imap()
    status, data = server.select("INBOX")
    if status != "OK":
        raise imaplib.IMAP4.error(data[0].decode())
    _, [numbers] = server.search(None, "UNSEEN")
    said = []
    for number in numbers.split():
        status, data = server.fetch(number, "(RFC822)")
        if status != "OK":
            said.append(f"{status} {data[0].decode()}")
            continue
        said.append(email.message_from_bytes(data[0][1])["Subject"])
        server.store(number, "+FLAGS", "\\Seen")
    server.logout()
    return ", ".join(said)


def folders(_number, _count):
    server = imaplib.IMAP4(*place(IMAP), timeout=20)
    said = [server.welcome.decode(), " ".join(server.capabilities)]
    server.starttls(ssl_context=ssl.create_default_context(cafile=CA))
    said.append(" ".join(server.capabilities))
    said.append(server.login(USER, PASSWORD)[1][0].decode())
    said.append(server.capability()[1][0].decode())
    said.extend(line.decode() for line in server.list()[1])
    said.append(server.logout()[1][0].decode())
    return "\n".join(said)


def main():
    verbs = {
        "smtp": send,
        "rcpt": send_to_many,
        "clear": send_in_clear,
        "idle": idle,
        "hold-smtp": hold_smtp,
        "hold-imap": hold_imap,
        "token": token,
        "hello": hello,
        "imap": read,
        "folders": folders,
    }
    for number, word in enumerate(sys.argv[6:]):
        verb, _, count = word.partition(":")
        try:
            result = {"ok": True, "said": str(verbs[verb](number, int(count or 1)))}
        except Exception as failure:
            result = {"ok": False, "said": f"{type(failure).__name__}: {failure}"}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
