"""The insurer's signature: a root and a signing certificate, made once into its folder, and PAdES over the whole file."""

import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.generic import NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

FAULTS = ("unsigned", "foreign", "appended", "byte")
_PEM = serialization.Encoding.PEM
_making = Lock()


@dataclass(frozen=True)
class Keys:
    """PEM texts: the root that others trust, and the certificate and key that sign."""

    root: bytes
    leaf: bytes
    key: bytes


def root_of(folder: Path, name: str = "Simulated Insurer") -> Path:
    """The file of the root certificate, `root.pem`, made together with the rest when the folder has none."""
    _keys_in(folder, name)
    return folder / "root.pem"


def signed(pdf: bytes, folder: Path, *, insurer: dict[str, str], fault: str = "") -> bytes:
    """The PDF signed as the insurer's."""
    if fault == "unsigned":
        return pdf
    keys = _made("Somebody Else") if fault == "foreign" else _keys_in(folder, insurer["en"])
    meta = PdfSignatureMetadata(
        field_name="Insurer", name=insurer["en"], reason="电子保单 E-policy", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    done = sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=_signer(keys)).getvalue()
    if fault == "appended":
        return _with_a_revision(done)
    return _with_a_changed_byte(done) if fault == "byte" else done


def _keys_in(folder: Path, name: str) -> Keys:
    with _making:
        if not (folder / "root.pem").exists():
            folder.mkdir(parents=True, exist_ok=True)
            made = _made(name)
            # The root last: where it lies, the others do.
            for file, text in (("leaf.key", made.key), ("leaf.pem", made.leaf), ("root.pem", made.root)):
                _write(folder / file, text)
        return Keys(*((folder / file).read_bytes() for file in ("root.pem", "leaf.pem", "leaf.key")))


def _write(path: Path, text: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
    beside.replace(path)


def _made(name: str) -> Keys:
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority, signer = _named(f"{name} Root"), _named(name)
    root = (
        _certificate(authority, authority, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(signer, authority, leaf_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    private = leaf_key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Keys(root.public_bytes(_PEM), leaf.public_bytes(_PEM), private)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    """Valid long before and after today, because demonstrations and tests move their clocks."""
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=3_650)).not_valid_after(now + timedelta(days=7_300))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


@cache
def _signer(keys: Keys) -> SimpleSigner:
    root, leaf = load_certs_from_pemder_data(keys.root + keys.leaf)
    registry = SimpleCertificateStore()
    registry.register(root)
    return SimpleSigner(signing_cert=leaf, signing_key=load_private_key_from_pemder_data(keys.key, passphrase=None), cert_registry=registry)


def _with_a_revision(pdf: bytes) -> bytes:
    """Something was added after the signature."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.set_custom_trailer_entry(NameObject("/More"), writer.add_object(writer.prev.root["/Type"]))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _with_a_changed_byte(pdf: bytes) -> bytes:
    """One letter of the paper's own description differs: it still opens, and shows the same."""
    place = pdf.index(b"<dc:title>") + len(b"<dc:title>") + 80
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
