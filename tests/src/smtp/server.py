"""A server of mail for tests. What it takes in it writes down as others read it; how it behaves says the address to which a
mail goes: nobody@ is refused for ever, later@ twice and then no more, full@ after the text, and lost@ gets no answer."""

import asyncio
import collections
import email
import email.policy
import json
import os
import pathlib
import ssl
import sys
import threading

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

folder, password, has_tls = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "tls"


class Handler:
    def __init__(self):
        self.asked = collections.Counter()
        self.taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.asked[address] += 1
        if address.startswith("nobody@"):
            return f"550 5.1.1 there is no {address}"
        if address.startswith("later@") and self.asked[address] < 3:
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        [address] = envelope.rcpt_tos
        if address.startswith("full@"):
            return f"552 5.2.2 {address} is full"
        self.write(envelope)
        if address.startswith("lost@"):
            server.transport.abort()
        return "250 OK"

    def write(self, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        said = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "text": mail.get_content().replace("\r\n", "\n"),
            "raw": envelope.content.decode("ascii"),
        }
        part = folder / "part"
        part.write_text(json.dumps(said))
        part.rename(folder / f"{self.taken:06}.json")
        self.taken += 1


def accepts(server, session, envelope, mechanism, data):
    is_known = (data.login, data.password) == (b"comune", password.encode())
    return AuthResult(success=is_known, handled=is_known)


async def main():
    handler = Handler()
    options = {}
    if password:
        options = {"authenticator": accepts, "auth_required": True, "auth_require_tls": False}
    if has_tls:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "authority.pem")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
        options |= {"tls_context": context, "require_starttls": True}
    make = lambda: SMTP(handler, hostname="mail.example", **options)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end():
    sys.stdin.read()
    os._exit(0)


# It ends with the test, even when that is killed.
threading.Thread(target=end, daemon=True).start()
asyncio.run(main())
