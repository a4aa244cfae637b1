"""A conversation of imap-tools with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.

Prints a line for each step: what was asked, a colon, and what imap-tools made of the answer.
"""

import datetime
import pathlib
import sys

from imap_tools import AND, MailBoxUnencrypted, MailMessageFlags

ADDRESS, FOLDER = sys.argv[1:]
MAIL = {name: pathlib.Path(FOLDER, f"{name}.eml").read_bytes().replace(b"\n", b"\r\n") for name in ("note", "reply", "parts")}
DAY = datetime.datetime(2026, 2, 2, 10, 0, 0, tzinfo=datetime.timezone.utc)


def say(step, result):
    print(f"{step}: {result}", flush=True)


def main():
    host, _, port = ADDRESS.rpartition(":")
    with MailBoxUnencrypted(host, int(port), timeout=10).login("ann", "secret") as box:
        say("create", box.folder.create("Entwürfe")[0])
        say("folders", [(folder.name, folder.delim, folder.flags) for folder in box.folder.list()])
        for mail in MAIL.values():
            say("append", box.append(mail, "INBOX", dt=DAY, flag_set=[MailMessageFlags.FLAGGED])[0])
        say("status", box.folder.status("INBOX"))
        box.folder.set("INBOX")
        say("uids", box.uids(AND(flagged=True, subject="Lunch")))
        say("numbers", box.numbers("ALL"))
        for message in box.fetch(AND(all=True), mark_seen=False):
            say("message", (message.uid, message.subject, message.from_, message.to, message.cc, message.flags, message.size_rfc822))
            say("parts", (message.text, message.html, [(part.filename, part.content_type, part.size) for part in message.attachments]))
        say("in one go", [message.uid for message in box.fetch(bulk=True, headers_only=True, mark_seen=False)])
        say("flag", box.flag(box.uids(), MailMessageFlags.SEEN, True)[0][0][0])
        say("unseen", box.uids(AND(seen=False)))
        say("copy", box.copy(["1"], "Entwürfe")[0][0])
        say("move", box.move(["1"], "Entwürfe")[0][0][0])
        box.idle.start()
        with MailBoxUnencrypted(host, int(port), timeout=10).login("ann", "secret") as other:
            other.append(MAIL["note"], "INBOX", dt=DAY)
            say("idle", box.idle.poll(timeout=10))
        box.idle.stop()
        say("delete", box.delete(box.uids()))
        say("left", box.uids())
        say("folder", box.folder.status("Entwürfe")["MESSAGES"])


main()
