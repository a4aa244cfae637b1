"""What smtplib reports of refusals: `with_smtplib.py FILE`, where FILE has a list of jobs as JSON.

A job is `{"settings": {…}, "verbs": [{…}]}`. Several jobs run at once, those that
keep their connections after the others; the verbs of one job one after the other. When all is done, one line of JSON is printed for each job,
in their order: a list with a line of text for each message.

Settings: `smtp`, `smtps` (host:port), `user`, `password`, `address` (of that user), `ca` (the certificate to trust), `rest` (seconds). A verb: `does` (`send`: one message on
a connection; `keep`: two, with a rest between them), `tls` (`none`, `starttls`, `implicit`), `to` (a list), `from`, `user`, `password`, `login` (`no`; `force`: also where the
server does not offer it), `mechanism` (`XOAUTH2`, `OAUTHBEARER`; smtplib's choice unless given), `size`.
"""

import concurrent.futures
import json
import smtplib
import ssl
import sys
import time

TIMEOUT = 20
AT_ONCE = 16


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        jobs = json.load(file)
    done = [None] * len(jobs)

    def work(number):
        settings = jobs[number]["settings"]
        done[number] = [line for verb in jobs[number]["verbs"] for line in Attempt({**settings, **verb}).lines()]

    for keep in False, True:
        numbers = [number for number, job in enumerate(jobs) if any(verb["does"] == "keep" for verb in job["verbs"]) == keep]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(work, numbers))
    for lines in done:
        print(json.dumps(lines))


class Attempt:
    """One connection, and where it has got to."""

    def __init__(self, verb):
        self.verb = verb
        self.at = "connect"
        self.said = []

    def lines(self):
        try:
            self.run()
        except Exception as failure:
            self.said.append(f"{self.at}: {report(failure)}")
        return self.said

    def run(self):
        verb = self.verb
        implicit = verb["tls"] == "implicit"
        host, _, port = verb["smtps" if implicit else "smtp"].rpartition(":")
        if implicit:
            server = smtplib.SMTP_SSL(host, int(port), timeout=TIMEOUT, context=trust(verb))
        else:
            server = smtplib.SMTP(host, int(port), timeout=TIMEOUT)
        try:
            if verb["tls"] == "starttls":
                self.at = "starttls"
                server.starttls(context=trust(verb))
            if verb.get("login") != "no":
                self.at = "login"
                login(server, verb)
            for number in range(2 if verb["does"] == "keep" else 1):
                if number:
                    time.sleep(verb["rest"])
                self.at = "sendmail"
                refused = server.sendmail(verb.get("from", verb["address"]), verb.get("to", [verb["address"]]), message(verb))
                self.said.append("sent" + "".join(f", {told(*one)}" for one in refused.items()))
            self.at = "quit"
            server.quit()
        finally:
            server.close()


def login(server, verb):
    user, password = verb["user"], verb["password"]
    if verb.get("mechanism") == "XOAUTH2":
        server.ehlo_or_helo_if_needed()
        server.auth("XOAUTH2", lambda challenge=None: f"user={user}\1auth=Bearer {password}\1\1" if challenge is None else "")
    elif verb.get("mechanism") == "OAUTHBEARER":
        server.ehlo_or_helo_if_needed()
        server.auth("OAUTHBEARER", lambda challenge=None: f"n,a={user},\1auth=Bearer {password}\1\1" if challenge is None else "\1")
    elif verb.get("login") == "force":
        server.ehlo_or_helo_if_needed()
        server.user, server.password = user, password
        server.auth("PLAIN", server.auth_plain)
    else:
        server.login(user, password)


def trust(verb):
    return ssl.create_default_context(cafile=verb["ca"])


def message(verb):
    body = "Hello from Python.\r\n" * (1 + verb.get("size", 0) // 20)
    return f"From: {verb['address']}\r\nTo: {verb['address']}\r\nSubject: probe\r\n\r\n{body}"


def report(failure):
    """The class, and what a program can read off it."""
    name = type(failure).__name__
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return ", ".join([name, *(told(*one) for one in failure.recipients.items())])
    if isinstance(failure, smtplib.SMTPSenderRefused):
        return f"{name}, {told(failure.sender, (failure.smtp_code, failure.smtp_error))}"
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"{name}, {code_and_text(failure.smtp_code, failure.smtp_error)}"
    return f"{name}, {text(str(failure))}"


def told(address, answer):
    return f"<{address}> {code_and_text(*answer)}"


def code_and_text(code, said):
    return f"{code} {text(said)}"


def text(said):
    said = said.decode("utf-8", "backslashreplace") if isinstance(said, bytes) else said
    return json.dumps(said, ensure_ascii=False)


if __name__ == "__main__":
    main()
