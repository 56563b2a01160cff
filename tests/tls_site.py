"""A web site over TLS on loopback, which says what a test wants said, and a certificate that its visitors can trust."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOOPBACK = ip_address("127.0.0.1")


@dataclass(slots=True)
class Site:
    """`asked` are the heads of the requests that came; `tls` trusts this site and no other."""

    port: int
    tls: ssl.SSLContext
    asked: list[str] = field(default_factory=list)

    def url(self, path: str, host: str = "pictures.test") -> str:
        return f"https://{host}:{self.port}{path}"

    async def resolve(self, host: str, port: int):
        """All names lead here."""
        return [LOOPBACK]


def said(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status} As it is", *lines, "connection: close"])
    return head.encode() + b"\r\n\r\n" + body


@contextlib.asynccontextmanager
async def site(directory: Path, answers: Mapping[str, bytes | None]) -> AsyncIterator[Site]:
    """A site for `pictures.test` with these answers by path; None never answers."""
    path, key = certificate(directory, "pictures.test")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path, key)
    there = Site(0, ssl.create_default_context(cafile=str(path)))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            there.asked.append(head)
            body = answers[head.split(" ")[1]]
            if body is None:
                await reader.read()
            else:
                writer.write(body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, str(LOOPBACK), 0, ssl=serving)
    there.port = server.sockets[0].getsockname()[1]
    async with server:
        yield there


def certificate(directory: Path, host: str) -> tuple[Path, Path]:
    """A certificate for this host that signs itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    begins = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins.replace(year=2120))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = directory / "certificate.pem", directory / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, plain[1], plain[0]))
    return files
