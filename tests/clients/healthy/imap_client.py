"""A conversation of IMAPClient with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.

Prints a line for each step: what was asked, a colon, and what IMAPClient made of the answer. Whatever its strict lexer cannot read raises, and ends the program.
"""

import datetime
import pathlib
import sys

from imapclient import IMAPClient

ADDRESS, FOLDER = sys.argv[1:]
MAIL = {name: pathlib.Path(FOLDER, f"{name}.eml").read_bytes().replace(b"\n", b"\r\n") for name in ("note", "reply", "parts", "bare")}
DAY = datetime.datetime(2026, 2, 2, 10, 0, 0, tzinfo=datetime.timezone.utc)


def say(step, result):
    print(f"{step}: {plain(result)}", flush=True)


def plain(value):
    """Octets as text, and nothing that depends on the order of a set."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items() if key != b"SEQ"}
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value))
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(map(plain, value))
    if isinstance(value, list):
        return list(map(plain, value))
    return value


def main():
    host, _, port = ADDRESS.rpartition(":")
    client = IMAPClient(host, int(port), ssl=False, timeout=10)
    say("login", client.login("ann", "secret").split(b"]")[1])
    say("id", client.id_({"name": "probe", "version": "1"}))
    say("namespace", tuple(client.namespace()))
    folders(client)
    messages(client)
    searches(client)
    changes(client)
    idles(client)
    extensions(client)
    condstore(client)
    say("logout", client.logout())


def folders(client):
    for name in ("Archive/2026", "Entwürfe & Co", "日本語", 'a "quoted" \\ name'):
        say("create", client.create_folder(name))
    say("subscribe", client.subscribe_folder("Archive/2026"))
    say("list", sorted((plain(flags), plain(delimiter), name) for flags, delimiter, name in client.list_folders()))
    say("lsub", [name for _, _, name in client.list_sub_folders()])
    say("rename", client.rename_folder("日本語", "Ελληνικά"))
    say("delete", client.delete_folder('a "quoted" \\ name'))
    say("exists", [client.folder_exists(name) for name in ("日本語", "Ελληνικά", "Entwürfe & Co")])
    say("unsubscribe", client.unsubscribe_folder("Archive/2026"))


def messages(client):
    for name in ("note", "reply", "parts", "bare"):
        appended = client.append("INBOX", MAIL[name], ["\\Seen", "$Work"] if name == "note" else (), DAY)
        say("append", appended.split(b" ", 2)[2].split(b"]")[0])
    status = client.folder_status("INBOX", ["MESSAGES", "RECENT", "UIDNEXT", "UNSEEN"])
    say("status", status)
    selected = client.select_folder("INBOX")
    say("select", {key: value for key, value in selected.items() if key in (b"EXISTS", b"FLAGS", b"PERMANENTFLAGS", b"READ-WRITE", b"UIDNEXT")})
    for uid, data in client.fetch([1, 2, 3, 4], ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"]).items():
        envelope = data[b"ENVELOPE"]
        say(f"flags {uid}", data[b"FLAGS"])
        say(f"size {uid}", data[b"RFC822.SIZE"] == len(MAIL[["note", "reply", "parts", "bare"][uid - 1]]))
        say(f"date {uid}", data[b"INTERNALDATE"].astimezone(datetime.timezone.utc) == DAY)
        say(f"subject {uid}", (envelope.subject, envelope.message_id, envelope.in_reply_to))
        say(f"from {uid}", envelope.from_ and [str(address) for address in envelope.from_])
        say(f"cc {uid}", envelope.cc and [(a.name, a.mailbox, a.host) for a in envelope.cc])
    for uid, data in client.fetch([1, 3, 4], ["BODYSTRUCTURE", "BODY"]).items():
        say(f"bodystructure {uid}", data[b"BODYSTRUCTURE"])
        say(f"body {uid}", data[b"BODY"])
    parts = client.fetch(3, ["BODY.PEEK[1.1]", "BODY.PEEK[2.MIME]", "BODY.PEEK[3.HEADER.FIELDS (SUBJECT TO)]", "BODY.PEEK[3.TEXT]", "BODY.PEEK[]<5.12>"])
    for key, value in parts[3].items():
        if key != b"SEQ":
            say(f"part {plain(key)}", repr(plain(value)))
    say("whole", [client.fetch(uid, "RFC822")[uid][b"RFC822"] == MAIL[name] for uid, name in enumerate(MAIL, 1)])
    say("seen", client.get_flags(client.search()))


def searches(client):
    for criteria, charset in [
        ("ALL", None),
        (["FROM", "ann"], None),
        (["SUBJECT", "Müller"], "UTF-8"),
        (["BODY", "Käse"], "UTF-8"),
        (["NOT", ["OR", "SEEN", "LARGER", 300]], None),
        (["SINCE", datetime.date(2026, 2, 2), "KEYWORD", "$Work"], None),
        (["HEADER", "Message-ID", "parts"], None),
        (["TEXT", 'a "quoted" \\ word'], None),
    ]:
        say(f"search {criteria}", client.search(criteria, charset))


def changes(client):
    say("+flags", client.add_flags([2, 3], ["\\Flagged", "$Later"]))
    say("-flags", client.remove_flags(2, ["\\Flagged"]))
    say("flags", client.set_flags(4, ["\\Draft"]))
    say("silent", client.add_flags(4, ["\\Answered"], silent=True))
    say("copy", client.copy([1, 2], "Archive/2026"))
    say("move", client.move([4], "Entwürfe & Co"))
    say("delete", client.delete_messages(2))
    say("uid expunge", client.uid_expunge([2]))
    say("left", client.search())
    say("unselect", client.unselect_folder())
    say("examine", client.select_folder("Entwürfe & Co", readonly=True)[b"EXISTS"])
    say("close", client.close_folder())


def idles(client):
    client.select_folder("INBOX")
    other = IMAPClient(*[part if not part.isdigit() else int(part) for part in ADDRESS.rsplit(":", 1)], ssl=False, timeout=10)
    other.login("ann", "secret")
    client.idle()
    other.append("INBOX", MAIL["note"])
    pushed = []
    while (3, b"EXISTS") not in pushed:
        pushed += client.idle_check(timeout=10)
    client.idle_done()
    other.logout()
    say("idle", [news for news in pushed if news[1] == b"EXISTS"])


def extensions(client):
    client.unselect_folder()
    say("enable", sorted(map(plain, client.enable("CONDSTORE"))))
    for name in MAIL:
        client.append("INBOX", MAIL[name], (), DAY)
    client.select_folder("INBOX")
    say("sort", client.sort(["REVERSE SIZE", "ARRIVAL"]))
    say("thread", client.thread("REFERENCES", ["ALL"]))
    say("thread by subject", client.thread("ORDEREDSUBJECT", ["SUBJECT", "Lunch"], "UTF-8"))
    say("quota", client.get_quota("INBOX"))
    say("quota root", client.get_quota_root("INBOX"))
    say("multiappend", client.multiappend("Archive/2026", [{"msg": MAIL["bare"], "flags": ["\\Seen"], "date": DAY}, MAIL["parts"]]))
    say("binary", client.fetch(3, ["BINARY.SIZE[2]"]))
    say("special", client.find_special_folder(b"\\Sent"))


def condstore(client):
    selected = client.select_folder("INBOX")
    modseq = selected[b"HIGHESTMODSEQ"]
    uids = client.search()
    client.add_flags(uids[0], "\\Answered")
    changed = client.fetch(uids, ["FLAGS"], [f"CHANGEDSINCE {modseq}"])
    say("changed since", {uid: (data[b"FLAGS"], data[b"MODSEQ"][0] > modseq) for uid, data in changed.items()})
    found = client.search(["MODSEQ", str(modseq + 1)])
    say("search modseq", (found, found.modseq > modseq))
    say("status", client.folder_status("INBOX", ["HIGHESTMODSEQ"])[b"HIGHESTMODSEQ"] > modseq)


main()
