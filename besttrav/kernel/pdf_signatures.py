"""Who signed a PDF, and whether it is still what they signed. Offline: against the certificates given, and nothing is fetched."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from besttrav.kernel import clock
from besttrav.kernel.pdf import LARGEST, UnreadablePdf


@dataclass(frozen=True, slots=True)
class Signed:
    """What the last signature of a file says.

    `by` is the subject's common name in the signer's certificate, `at` the time the signer states. `intact`: what was signed is unchanged
    and the signature is the certificate's. `whole_file`: nothing was appended after it. `trusted`: the certificate is, or leads to, one of
    those we trust, and is valid now.
    """

    by: str
    at: datetime | None
    intact: bool
    whole_file: bool
    trusted: bool

    @property
    def holds(self) -> bool:
        return self.intact and self.whole_file and self.trusted


def signature_of(pdf: bytes, trusted: Sequence[bytes]) -> Signed | None:
    """The last signature of the file, or None where nobody signed it. Raises UnreadablePdf for what is no PDF or too broken to say.

    `trusted` are certificates as PEM: the signer's own, or an authority's that signs for this signer only. The root of a public authority
    proves no more than that somebody bought a certificate there.
    """
    if len(pdf) > LARGEST:
        raise UnreadablePdf
    context = ValidationContext(
        trust_roots=[root for one in trusted for root in load_certs_from_pemder_data(one)],
        allow_fetching=False,
        moment=clock.now().astimezone(UTC),
    )
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        return _looked_at(signatures[-1], context) if signatures else None
    except Exception:  # noqa: BLE001 - a broken file makes a reader stumble in more ways than anybody listed; none says that it holds
        raise UnreadablePdf from None


def _looked_at(signature: EmbeddedPdfSignature, context: ValidationContext) -> Signed:
    status = validate_pdf_signature(
        signature,
        signer_validation_context=context,
        skip_diff=True,  # What was appended is not weighed: anything is too much.
        # Insurers' certificates are for one or the other, or for both.
        key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False),
    )
    return Signed(
        by=str(status.signing_cert.subject.native.get("common_name", "")),
        at=status.signer_reported_dt,
        intact=status.intact and status.valid,
        whole_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        trusted=status.trusted,
    )
