"""A conversation of Python's imaplib with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.

Prints a line for each step: what was asked, a colon, and what came back as it came, since imaplib leaves the reading of most responses to others.
"""

import imaplib
import pathlib
import re
import sys

ADDRESS, FOLDER = sys.argv[1:]
MAIL = {name: pathlib.Path(FOLDER, f"{name}.eml").read_bytes().replace(b"\n", b"\r\n") for name in ("note", "reply", "parts", "bare")}
DAY = '" 2-Feb-2026 10:00:00 +0000"'


def connect():
    host, _, port = ADDRESS.rpartition(":")
    client = imaplib.IMAP4(host, int(port), timeout=10)
    check(client.login("ann", "secret"))
    return client


def check(answer):
    status, data = answer
    assert status == "OK", answer
    return data


def say(step, result):
    print(f"{step}: {result!r}", flush=True)


def main():
    client = connect()
    say("namespace", check(client.namespace()))
    for name in ('"Archive/2026"', '"Entw&APw-rfe &- Co"'):
        check(client.create(name))
    check(client.subscribe("Archive/2026"))
    say("list", sorted(check(client.list())))
    say("lsub", check(client.lsub()))
    for name in MAIL:
        appended = check(client.append("INBOX", r"(\Seen $Work)" if name == "note" else None, DAY, MAIL[name]))
        say("append", re.sub(rb"APPENDUID \d+", b"APPENDUID", appended[0]))
    say("status", check(client.status("INBOX", "(MESSAGES RECENT UIDNEXT UNSEEN)")))
    say("select", check(client.select("INBOX")))
    say("flags", [client.response(name) for name in ("FLAGS", "PERMANENTFLAGS", "UIDNEXT", "READ-WRITE")])
    whole = [check(client.fetch(str(number), "(UID BODY.PEEK[])"))[0] for number in (1, 2, 3, 4)]
    say("whole", [text == MAIL[name] for (_, text), name in zip(whole, MAIL)])
    say("fetch", check(client.fetch("1,4", "(FLAGS INTERNALDATE ENVELOPE BODYSTRUCTURE)")))
    say("part", check(client.uid("FETCH", "3", "(BODY.PEEK[1.1] BODY.PEEK[2]<2.4>)")))
    say("search", check(client.search(None, "UNSEEN", "SMALLER", "300")))
    client.literal = "Müller".encode()
    say("search in UTF-8", check(client.search("UTF-8", "SUBJECT")))
    say("sort", check(client.sort("(REVERSE SIZE)", "UTF-8", "ALL")))
    say("thread", check(client.thread("REFERENCES", "UTF-8", "ALL")))
    say("store", check(client.store("2:3", "+FLAGS", r"(\Flagged)")))
    check(client.copy("1:2", "Archive/2026"))
    say("copied", check(client.status("Archive/2026", "(MESSAGES)")))
    check(client.uid("MOVE", "4", '"Entw&APw-rfe &- Co"'))
    check(client.store("1", "+FLAGS.SILENT", r"(\Deleted)"))
    say("expunge", check(client.expunge()))
    other = connect()
    check(other.append("INBOX", None, DAY, MAIL["note"]))
    other.logout()
    check(client.noop())
    say("noop", client.response("EXISTS"))
    say("quota", [len(part) for part in check(client.getquotaroot("INBOX"))])
    check(client.unselect())
    say("enable", check(client.enable("UTF8=ACCEPT")))
    say("select in UTF-8", check(client.select('"Entwürfe & Co"', readonly=True)))
    check(client.close())
    check(client.delete("Archive/2026"))
    say("logout", client.logout())


main()
