"""A help desk behind https is asked only where its certificate is vouched for."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.helpspot import Connection, HelpSpot
from portal.helpspot.connection import Limits
from portal.helpspot.errors import Unavailable
from tests.helpspot.conftest import sample

LIMITS = Limits(pause=(0, 0))


class Desk(BaseHTTPRequestHandler):
    """Answers with its version, to whoever gets as far as asking."""

    def do_GET(self):
        self.server.asked += 1
        answer = sample("version")
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        """Say nothing."""


class QuietServer(ThreadingHTTPServer):
    asked = 0

    def handle_error(self, request, client_address):
        """Say nothing of handshakes that the client ends."""


def certify(folder, name, address="127.0.0.1"):
    """Make a certificate for the address that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain = folder / f"{name}.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / f"{name}.key"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, secret


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certify(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture
def desk(authority):
    with serving(authority) as server:
        yield server


@contextmanager
def serving(certified):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certified)
    server = QuietServer(("127.0.0.1", 0), Desk)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def helpspot_at(desk, ca_file=""):
    address = f"https://127.0.0.1:{desk.server_port}"
    return HelpSpot(Connection(base_url=address, ca_file=str(ca_file)), LIMITS)


def assert_told_nothing(desk, ca_file):
    helpspot = helpspot_at(desk, ca_file)
    with pytest.raises(Unavailable):
        helpspot.util.version()
    with pytest.raises(Unavailable):
        helpspot.request.create(note="Labels come out blank")
    assert desk.asked == 0


def test_a_help_desk_of_our_own_authority_answers(desk, authority):
    helpspot = helpspot_at(desk, ca_file=authority[0])

    assert helpspot.util.version().version


@pytest.mark.parametrize("knows_another", [False, True])
def test_a_help_desk_that_nobody_vouches_for_is_told_nothing(
    desk, tmp_path, knows_another
):
    another = certify(tmp_path, "another")[0] if knows_another else ""

    assert_told_nothing(desk, ca_file=another)


def test_a_certificate_for_another_address_is_told_nothing(tmp_path):
    certified = certify(tmp_path, "elsewhere", "127.0.0.2")
    with serving(certified) as desk:
        assert_told_nothing(desk, ca_file=certified[0])


def test_calls_do_not_wait_for_the_certificates_to_be_read_again(tmp_path):
    certified = certify(tmp_path, "read once")
    with serving(certified) as desk:
        helpspot = helpspot_at(desk, ca_file=certified[0])
        assert helpspot.util.version().version
        certified[0].unlink()

        with ThreadPoolExecutor() as another_thread:
            answer = another_thread.submit(helpspot.util.version).result()
        assert answer.version
