"""What Python's email package makes of messages: reads their paths, one a line, and prints one JSON object a line.

A structure is "type/subtype" and the octets of a leaf's body, or "type/subtype" and a list of structures. Addresses are [name, address].
"""

import email
import email.policy
import email.utils
import json
import sys


def structure(part):
    kind = part.get_content_type()
    if part.is_multipart():
        return [kind, [structure(inner) for inner in part.get_payload()]]
    # get_payload() would decode octets above 127.
    return [kind, len(part._payload.encode("ascii", "surrogateescape"))]


def addresses(message, field):
    values = [value for name, value in message.raw_items() if name.lower() == field.lower()]
    if not values:
        return []
    octets = values[0].replace("\r\n", "").encode("ascii", "surrogateescape")
    value = octets.decode("utf-8", "replace")
    return [list(pair) for pair in email.utils.getaddresses([value]) if pair != ("", "")]


for path in sys.stdin.read().splitlines():
    with open(path, "rb") as file:
        message = email.message_from_bytes(file.read(), policy=email.policy.compat32)
    fields = {field: addresses(message, field) for field in ("From", "To", "Cc", "Bcc")}
    print(json.dumps({"structure": structure(message), "addresses": fields}))
