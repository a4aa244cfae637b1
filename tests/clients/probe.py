"""A mail program made of smtplib and imaplib, told what to do from the command line.

`probe.py KEY=VALUE... VERB...` runs the verbs one after the other and prints one line of JSON for each; a verb that fails does not stop those after
it, and a key between verbs holds from there on. Keys: `smtp` and `imap` (host:port), `user`, `password`, `timeout` (seconds, 10 unless given), `tls`
(`none` unless given, `starttls`, `implicit`), `ca` (the file with the root certificate to trust). Verbs: `smtp-send` (one message to the user) and
`imap-poll` (reads what is unseen, marks it, and says the subjects).
"""

import email
import imaplib
import json
import smtplib
import ssl
import sys

settings = {"timeout": "10", "tls": "none", "ca": ""}


def main():
    verbs = {"smtp-send": smtp_send, "imap-poll": imap_poll}
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


def smtp_send(number):
    user = settings["user"]
    address_of_user = user if "@" in user else f"{user}@mailfault.test"
    text = f"From: {address_of_user}\r\nTo: {address_of_user}\r\nSubject: probe {number}\r\nMessage-ID: <{number}@probe.test>\r\n\r\nHello from Python.\r\n"
    host, port = address("smtp")
    timeout = float(settings["timeout"])
    if settings["tls"] == "implicit":
        server = smtplib.SMTP_SSL(host, port, timeout=timeout, context=trust())
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    with server:
        if settings["tls"] == "starttls":
            server.starttls(context=trust())
        server.login(user, settings["password"])
        refused = server.sendmail(address_of_user, [address_of_user], text)
    return f"sent, refused: {refused}"


def imap_poll(_number):
    host, port = address("imap")
    timeout = float(settings["timeout"])
    # No `with`: its LOGOUT would hide the failure that came before.
    if settings["tls"] == "implicit":
        server = imaplib.IMAP4_SSL(host, port, timeout=timeout, ssl_context=trust())
    else:
        server = imaplib.IMAP4(host, port, timeout=timeout)
    if settings["tls"] == "starttls":
        server.starttls(ssl_context=trust())
    server.login(settings["user"], settings["password"])
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


if __name__ == "__main__":
    main()
