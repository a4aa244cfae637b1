"""Logs in with one mechanism: sasl.py PROTOCOL ADDRESS MECHANISM USER PASSWORD, where PROTOCOL is `smtp` or `imap`; or with
EXTERNAL inside TLS: sasl.py PROTOCOL ADDRESS USER CA CERTIFICATE, where it is `smtps` or `imaps`. Says `in`, or what the library says.

smtplib and imaplib know CRAM-MD5 themselves; the other mechanisms are written down here from their RFCs."""

import base64
import hashlib
import hmac
import imaplib
import smtplib
import ssl
import sys


# A challenge beyond this many has no place in any of the mechanisms.
MOST_CHALLENGES = 4


class Distrust(Exception):
    """What the server says cannot be."""


class Scram:
    """RFC 5802; what the server signs is checked, unless the client is `gullible`."""

    def __init__(self, algorithm, user, password, gullible=False):
        self.algorithm, self.user, self.password, self.step = algorithm, user, password, 0
        self.gullible = gullible

    def must(self, holds, what):
        if not holds and not self.gullible:
            raise Distrust(what)

    def mac(self, key, text):
        return hmac.new(key, text, self.algorithm).digest()

    def __call__(self, challenge):
        self.step += 1
        if self.step == 1:
            name = self.user.replace("=", "=3D").replace(",", "=2C")
            self.bare = f"n={name},r=rOprNGfwEbeRWgbNEkqO"
            return f"n,,{self.bare}".encode()
        said = dict(part.split("=", 1) for part in challenge.decode().split(","))
        if self.step == 2:
            self.must(said["r"].startswith("rOprNGfwEbeRWgbNEkqO") and len(said["r"]) > 30, f"the nonce is another: {said}")
            self.must(4096 <= int(said["i"]) <= 1_000_000, f"too few or too many iterations: {said}")
            salt = base64.b64decode(said["s"], validate=True)
            salted = hashlib.pbkdf2_hmac(self.algorithm, self.password.encode(), salt, int(said["i"]))
            last = f"c=biws,r={said['r']}"
            text = f"{self.bare},{challenge.decode()},{last}".encode()
            client_key = self.mac(salted, b"Client Key")
            signature = self.mac(hashlib.new(self.algorithm, client_key).digest(), text)
            self.signed = self.mac(self.mac(salted, b"Server Key"), text)
            proof = bytes(one ^ other for one, other in zip(client_key, signature))
            return f"{last},p={base64.b64encode(proof).decode()}".encode()
        self.must(base64.b64decode(said["v"], validate=True) == self.signed, "the server does not know the password")
        return b""


def token(message, acknowledged):
    """A message, then the answer to the error."""
    answers = iter([message.encode(), acknowledged])
    return lambda challenge: next(answers)


def cram(user, password):
    return lambda challenge: f"{user} {hmac.new(password.encode(), challenge, 'md5').hexdigest()}".encode()


def responder(mechanism, user, password, gullible=False):
    match mechanism:
        case "CRAM-MD5":
            return cram(user, password)
        case "SCRAM-SHA-1":
            return Scram("sha1", user, password, gullible)
        case "SCRAM-SHA-256":
            return Scram("sha256", user, password, gullible)
        case "XOAUTH2":
            return token(f"user={user}\x01auth=Bearer {password}\x01\x01", b"")
        case "OAUTHBEARER":
            return token(f"n,a={user},\x01auth=Bearer {password}\x01\x01", b"\x01")


def smtp(host, port, mechanism, user, password):
    with smtplib.SMTP(host, port, timeout=10) as client:
        client.ehlo()
        assert mechanism in client.esmtp_features["auth"].split(), client.esmtp_features
        if mechanism == "CRAM-MD5":
            # `login` goes on with PLAIN where this is refused.
            client.user, client.password = user, password
            client.auth(mechanism, client.auth_cram_md5, initial_response_ok=False)
            return
        answer = responder(mechanism, user, password)
        code, text = client.docmd("AUTH", mechanism)
        while code == 334:
            code, text = client.docmd(base64.b64encode(answer(base64.b64decode(text, validate=True))).decode())
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)


def imap(host, port, mechanism, user, password):
    with imaplib.IMAP4(host, port, timeout=10) as client:
        assert f"AUTH={mechanism}" in client.capabilities, client.capabilities
        if mechanism == "CRAM-MD5":
            client.login_cram_md5(user, password)
        else:
            client.authenticate(mechanism, responder(mechanism, user, password))
        assert client.select()[0] == "OK"


def with_certificate(ca, certificate):
    context = ssl.create_default_context(cafile=ca)
    if certificate:
        context.load_cert_chain(certificate)
    return context


def smtps(host, port, user, *files):
    """EXTERNAL: the certificate says who it is, and `user` who that is to be."""
    with smtplib.SMTP_SSL(host, port, timeout=10, context=with_certificate(*files)) as client:
        client.ehlo()
        client.auth("EXTERNAL", lambda challenge=None: user)


def imaps(host, port, user, *files):
    with imaplib.IMAP4_SSL(host, port, timeout=10, ssl_context=with_certificate(*files)) as client:
        client.authenticate("EXTERNAL", lambda challenge: user.encode())
        assert client.select()[0] == "OK"


def main(protocol, address, *rest):
    host, port = address.rsplit(":", 1)
    try:
        {"smtp": smtp, "imap": imap, "smtps": smtps, "imaps": imaps}[protocol](host, int(port), *rest)
        print("in")
    except (smtplib.SMTPException, imaplib.IMAP4.error) as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
