"""A certificate authority for one test: a root, and a leaf that may sign content credentials."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Authority:
    """Files of a signer, and the root that whoever trusts it knows."""

    certificate: Path
    key: Path
    root: str


def authority(folder: Path) -> Authority:
    """Make a root and a leaf, and write the chain and the leaf's key into a folder."""
    root_key, leaf_key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root = _certificate("Test root", root_key, "Test root", root_key, authority=True)
    leaf = _certificate("Test signer", leaf_key, "Test root", root_key, authority=False)
    (folder / "chain.pem").write_bytes(leaf.public_bytes(_PEM) + root.public_bytes(_PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(leaf_key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain))
    return Authority(folder / "chain.pem", folder / "key.pem", root.public_bytes(_PEM).decode())


def _certificate(
    name: str, key: EllipticCurvePrivateKey, issuer: str, signer: EllipticCurvePrivateKey, *, authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    built = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not authority:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        built = built.add_extension(purposes, critical=False)
    return built.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    attributes = [(NameOID.ORGANIZATION_NAME, "Musaic tests"), (NameOID.COMMON_NAME, name)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
