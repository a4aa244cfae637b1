"""A conversation of aioimaplib with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.

Prints a line for each step: what was asked, a colon, and the lines that aioimaplib made of the answer. What it waits for in vain is a time-out, and ends the
program.
"""

import asyncio
import pathlib
import sys

from aioimaplib import aioimaplib

ADDRESS, FOLDER = sys.argv[1:]
MAIL = {name: pathlib.Path(FOLDER, f"{name}.eml").read_bytes().replace(b"\n", b"\r\n") for name in ("note", "reply")}


def say(step, response):
    lines = [bytes(line).decode() for line in response.lines]
    print(f"{step}: {response.result} {lines}", flush=True)
    if response.result != "OK":
        sys.exit(f"{step} was refused")


async def main():
    host, _, port = ADDRESS.rpartition(":")
    client = aioimaplib.IMAP4(host=host, port=int(port), timeout=10)
    await client.wait_hello_from_server()
    login = await client.login("ann", "secret")
    print(f"login: {login.result}", flush=True)
    say("id", await client.id())
    say("create", await client.create("Work"))
    say("list", await client.list('""', "*"))
    for name in MAIL:
        print(f"append: {(await client.append(MAIL[name], 'INBOX')).result}", flush=True)
    say("status", await client.status("INBOX", "(MESSAGES UIDNEXT UNSEEN)"))
    say("select", await client.select("INBOX"))
    say("search", await client.search('SUBJECT "Lunch"'))
    say("uid search", await client.uid_search("ALL"))
    say("fetch", await client.fetch("1", "(FLAGS RFC822.SIZE ENVELOPE BODYSTRUCTURE)"))
    say("uid fetch", await client.uid("fetch", "1", "(BODY.PEEK[TEXT])"))
    say("store", await client.store("1", "+FLAGS", r"(\Seen $Work)"))
    say("copy", await client.copy("1", "Work"))
    say("uid move", await client.uid("move", "1", "Work"))
    idle = await client.idle_start(timeout=10)
    other = aioimaplib.IMAP4(host=host, port=int(port), timeout=10)
    await other.wait_hello_from_server()
    await other.login("ann", "secret")
    await other.append(MAIL["note"], "INBOX")
    print(f"idle: {[bytes(line).decode() for line in await client.wait_server_push()]}", flush=True)
    client.idle_done()
    await asyncio.wait_for(idle, 10)
    say("store deleted", await client.store("1", "+FLAGS", r"(\Deleted)"))
    say("expunge", await client.expunge())
    say("close", await client.close())
    for connection in (client, other):
        print(f"logout: {(await connection.logout()).result}", flush=True)


asyncio.run(main())
