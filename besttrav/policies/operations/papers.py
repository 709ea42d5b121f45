"""The papers of a policy: the insurer's is checked before it is kept, and each goes to whom it belongs and to nobody else."""

import base64
from contextlib import suppress
from typing import cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue import queries as catalogue
from besttrav.insurers import operations as insurers
from besttrav.insurers.models import Exchange
from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import ZERO
from besttrav.kernel.pdf import UnreadablePdf, text_of
from besttrav.kernel.pdf_signatures import signature_of
from besttrav.kernel.statements import row_of
from besttrav.policies import actions, checking, signers
from besttrav.policies.models import DocumentKind, Party, Policy, PolicyDocument, PolicyState, TransactionKind
from besttrav.policies.operations.concluding import people_of
from besttrav.policies.purposes import PROVE_COVER
from besttrav.privacy.gate import Closed, reveal, reveal_one
from besttrav.privacy.purposes import OWN_ACCESS
from besttrav.privacy.sealing import SheetClosed

KEEPER = Actor.job("policies.papers")


class NoPaper(Refusal):
    """The paper is not here, or not yet."""

    code = "no_paper"
    message = _("This paper is not ready yet.")
    way_out = _("The insurer usually sends it within minutes. You will find it here.")


def fetch(*, exchange: Exchange) -> None:
    """Fetch an insurer's e-policy and keep it once it says what was sold and is signed by that insurer. Outside a transaction.

    Where somebody in it had themselves forgotten meanwhile there is nothing to compare it with, and it is asked for no more; nor is the
    paper of a policy that was given up.
    """
    policy = row_of(Policy, contract=exchange.contract)
    if policy is None:
        return
    try:
        if policy.state == PolicyState.CANCELLED:
            _give_up(exchange, because="surrendered")
        else:
            insurers.fetch(exchange=exchange, keep=lambda content: _keep_e_policy(policy, content))
    except (Closed, SheetClosed):
        _give_up(exchange, because="forgotten")


def keep(*, policy: Policy, kind: DocumentKind, language: str, content: bytes, actor: Actor) -> PolicyDocument:
    """Seal a paper under the holder's sheet in the contract's file. The one there is comes back. Needs the caller's transaction."""
    agreed = policy.transactions.exclude(kind=TransactionKind.CANCEL).order_by("-number")[0]  # What ends a contract has no such papers.
    known = PolicyDocument.objects.filter(transaction=agreed, kind=kind, language=language).first()
    if known:
        return cast(PolicyDocument, known)
    holder = Party.objects.get(contract=policy.contract, is_holder=True)
    document = PolicyDocument.objects.create(
        policy=policy,
        transaction=agreed,
        holder=holder.person,
        kind=kind,
        language=language,
        content=base64.b64encode(content).decode("ascii"),
        size=len(content),
        made_at=clock.now(),
    )
    record(actions.DOCUMENT_KEPT, about=document, actor=actor, subject=policy.subject, kind=kind.value)
    return cast(PolicyDocument, document)


def hand_over(*, document: PolicyDocument, actor: Actor) -> bytes:
    """The paper's bytes for its holder: opened as their own, and written down."""
    opened = reveal_one(document, "content", purpose=OWN_ACCESS, actor=actor)
    with transaction.atomic():
        record(actions.DOCUMENT_SERVED, about=document, actor=actor, subject=document.policy.subject, kind=document.kind)
    return base64.b64decode(opened["content"])


def _give_up(exchange: Exchange, *, because: str) -> None:
    with suppress(insurers.NothingToLookAt):
        insurers.give_up(exchange=exchange, actor=KEEPER, because=because)


def _keep_e_policy(policy: Policy, content: bytes) -> str:
    """Empty when it is right and kept; else a word for what is wrong, which a human looks into."""
    try:
        signed = signature_of(content, signers.certificates_of(policy.insurer))
        text = text_of(content)
    except UnreadablePdf:
        return "unreadable"
    if signed is None or not signed.holds:
        return "signature"
    different = checking.differences(text, _sold(policy))
    if different:
        return different[0].what.value
    keep(policy=policy, kind=DocumentKind.E_POLICY, language="zh-hans", content=content, actor=KEEPER)
    return ""


def _sold(policy: Policy) -> checking.Sold:
    offer = catalogue.offer(policy.version_id)
    plan = offer.plan(policy.plan)
    assert plan
    insured = [party for party in people_of(policy.contract) if party.is_insured]
    opened = reveal(insured, ["name", "passport_name", "identity_number"], purpose=PROVE_COVER, actor=KEEPER, case=policy.id)
    # A paper names one sum for each coverage: the highest that anybody has. What others have less, the product's own table says.
    ages = {party.age for party in insured}
    covers = [(cover, max((offer.benefit(cover, policy.plan, age).sum or ZERO for age in ages), default=ZERO)) for cover in offer.coverages]
    return checking.Sold(
        number=policy.number,
        people=tuple(checking.SoldPerson(name=one.name or one.passport_name, document_number=one.identity_number) for one in opened),
        product=offer.name.zh,
        plan=plan.name.zh,
        first_day=policy.first_day,
        last_day=policy.last_day,
        benefits=tuple(checking.SoldBenefit(name=cover.name.zh, sum=sum) for cover, sum in covers if sum and not cover.option),
        premium=policy.premium,
    )
