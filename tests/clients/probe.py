"""A mail program made of smtplib and imaplib, told what to do from the command line.

`probe.py KEY=VALUE... VERB...` runs the verbs one after the other and prints one line of JSON for each; a verb that fails does not stop those after
it, and a key between verbs holds from there on. Keys: `smtp` and `imap` (host:port), `user`, `password`, `timeout` (seconds, 10 unless given), `tls`
(`none` unless given, `starttls`, `implicit`), `ca` (the file with the root certificate to trust). Verbs: `smtp-send` (one message to the user) and
`imap-poll` (reads what is unseen, marks it, and says the subjects); and for limits, with `count` (1 unless given): `smtp-many` (so many messages on one connection), `smtp-recipients`
(one message to so many), `smtp-hold` and `imap-hold` (so many connections that are logged in and stay open); `smtp-rest` and `imap-rest` (log in, and say what the server says unasked);
`smtp-token` and `imap-token` (log in with XOAUTH2, and say what each step was answered with); `smtp-clear` (a message without a login), `imap-append` and `imap-select` (say the answer).
"""

import base64
import email
import imaplib
import json
import smtplib
import ssl
import sys

settings = {"timeout": "10", "tls": "none", "ca": "", "count": "1"}
held = []


def main():
    verbs = {
        "smtp-send": smtp_send,
        "imap-poll": imap_poll,
        "smtp-many": smtp_many,
        "smtp-recipients": smtp_recipients,
        "smtp-hold": lambda number: [held.append(connected()) for _ in range(int(settings["count"]))] and "held",
        "imap-hold": lambda number: [held.append(logged_in()) for _ in range(int(settings["count"]))] and "held",
        "smtp-rest": smtp_rest,
        "imap-rest": lambda number: logged_in().readline().decode().strip(),
        "smtp-token": smtp_token,
        "imap-token": imap_token,
        "smtp-clear": smtp_without_login,
        "imap-append": lambda number: answered(logged_in().append("INBOX", None, None, text(number).encode())),
        "imap-select": lambda number: answered(logged_in().select("INBOX")),
    }
    sent = 0
    for word in sys.argv[1:]:
        key, equals, value = word.partition("=")
        if equals:
            settings[key] = value
            continue
        sent += 1
        try:
            result = {"verb": word, "ok": True, "said": verbs[word](sent)}
        except Exception as failure:
            kind = type(failure)
            name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
            result = {"verb": word, "ok": False, "said": f"{name}: {failure}"}
        print(json.dumps(result), flush=True)


def address(protocol):
    host, _, port = settings[protocol].rpartition(":")
    return host, int(port)


def trust():
    return ssl.create_default_context(cafile=settings["ca"])


def address_of_user():
    user = settings["user"]
    return user if "@" in user else f"{user}@mailfault.test"


def text(number):
    head = f"From: {address_of_user()}\r\nTo: {address_of_user()}\r\nSubject: probe {number}\r\nMessage-ID: <{number}@probe.test>\r\n"
    return f"{head}\r\nHello from Python.\r\n"


def connected(login=True):
    host, port = address("smtp")
    timeout = float(settings["timeout"])
    if settings["tls"] == "implicit":
        server = smtplib.SMTP_SSL(host, port, timeout=timeout, context=trust())
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if settings["tls"] == "starttls":
            server.starttls(context=trust())
        if login:
            server.login(settings["user"], settings["password"])
    except Exception:
        # Says QUIT, as far as it can.
        server.__exit__(None, None, None)
        raise
    return server


def smtp_send(number):
    with connected() as server:
        refused = server.sendmail(address_of_user(), [address_of_user()], text(number))
    return f"sent, refused: {refused}"


def smtp_without_login(number):
    with connected(login=False) as server:
        refused = server.sendmail(address_of_user(), [address_of_user()], text(number))
    return f"sent, refused: {refused}"


def answered(answer):
    status, data = answer
    return f"{status} {data[0].decode()}"


def smtp_many(number):
    with connected() as server:
        for n in range(int(settings["count"])):
            try:
                server.sendmail(address_of_user(), [address_of_user()], text(f"{number}.{n}"))
            except smtplib.SMTPException as failure:
                return f"message {n + 1}: {failure}"
    return f"sent {settings['count']}"


def smtp_recipients(number):
    names = [f"r{n + 1}@mailfault.test" for n in range(int(settings["count"]))]
    with connected() as server:
        refused = server.sendmail(address_of_user(), names, text(number))
    return f"sent, refused: {refused}"


def smtp_rest(_number):
    server = connected()
    code, said = server.getreply()
    return f"{code} {said.decode()}"


def token():
    return f"user={settings['user']}\x01auth=Bearer {settings['password']}\x01\x01"


def smtp_token(_number):
    server = connected(login=False)
    server.ehlo()
    code, said = server.docmd("AUTH", "XOAUTH2 " + base64.b64encode(token().encode()).decode())
    reason = ""
    if code == 334:
        reason = f"{base64.b64decode(said).decode()} "
        code, said = server.docmd("")
    return f"{reason}{code} {said.decode()}"


def imap_token(_number):
    server = logged_in(login=False)
    steps = []

    def answer(challenge):
        steps.append(challenge.decode())
        return token().encode() if len(steps) == 1 else b""

    try:
        said = server.authenticate("XOAUTH2", answer)
    except imaplib.IMAP4.error as failure:
        said = failure
    return f"{''.join(steps)} {said}"


def imap_poll(_number):
    server = logged_in()
    server.select("INBOX")
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


def logged_in(login=True):
    host, port = address("imap")
    timeout = float(settings["timeout"])
    # No `with`: its LOGOUT would hide the failure that came before.
    if settings["tls"] == "implicit":
        server = imaplib.IMAP4_SSL(host, port, timeout=timeout, ssl_context=trust())
    else:
        server = imaplib.IMAP4(host, port, timeout=timeout)
    if settings["tls"] == "starttls":
        server.starttls(ssl_context=trust())
    if login:
        server.login(settings["user"], settings["password"])
    return server


if __name__ == "__main__":
    main()
