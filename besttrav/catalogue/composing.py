"""Putting a product's papers together from templates, so that a number stands in one place and a paper cannot say another."""

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from besttrav.catalogue.document import digest
from besttrav.catalogue.offer import Coverage, Offer, Plan
from besttrav.catalogue.text import Text, in_words, joined
from besttrav.catalogue.words import label

_NAME = re.compile(r"\{([a-z_]+)\}")

Templates = Mapping[str, str]


def papers(
    offer: Offer, version: str, templates: Mapping[str, Templates], parts: Mapping[str, Templates], operator: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The papers as plain values, both languages of each. Raises KeyError for a name in a template that nothing fills."""
    composed = []
    for kind, by_language in templates.items():
        body = {language: _filled(text, language, offer, parts, operator) for language, text in by_language.items()}
        composed.append(
            {
                "kind": kind,
                "version": version,
                "title": {language: _title(text) for language, text in body.items()},
                "body": body,
                "sha256": {language: digest(text) for language, text in body.items()},
            }
        )
    return composed


def _filled(template: str, language: str, offer: Offer, parts: Mapping[str, Templates], operator: Mapping[str, str]) -> str:
    values = {name: text.in_language(language) for name, text in _values(offer).items()} | _operator(operator, language)
    inserted = {name: texts[language].strip() for name, texts in parts.items()}
    articles = count(1)

    def value(match: re.Match[str]) -> str:
        if match[1] == "article":
            return _article(next(articles), language)
        return values[match[1]]

    whole = _NAME.sub(lambda match: inserted.get(match[1], match[0]), template)
    return _NAME.sub(value, whole).strip() + "\n"


def _title(body: str) -> str:
    first = body.splitlines()[0]
    return first.removeprefix("# ")


def _operator(operator: Mapping[str, str], language: str) -> dict[str, str]:
    """The operator's particulars in this language, where they have another form in it."""
    names = [name for name in operator if not name.endswith("_en")]
    return {f"operator_{name}": (operator.get(f"{name}_en") if language == "en" else "") or operator[name] for name in names}


def _values(offer: Offer) -> dict[str, Text]:
    insurer, timing = offer.insurer, offer.timing
    return {
        "product": offer.name,
        "filing": offer.filing.name,
        "filing_number": _both(offer.filing.number),
        "insurer": insurer.name,
        "insurer_short": insurer.short_name,
        "insurer_address": insurer.address,
        "insurer_disclosure": insurer.disclosure,
        "hotline": _both(insurer.hotline),
        "emergency": _both(insurer.emergency),
        "complaints": _both(insurer.complaints),
        "claim_channel": insurer.claim_channel,
        "ages": _ages(offer),
        "periods": _periods(offer),
        "areas": joined([area.name for area in offer.areas]),
        "plans": joined([plan.name for plan in offer.plans]),
        "documents": joined([document.label for document in offer.documents]),
        "relations": joined([relation.label for relation in offer.relations]),
        "copies": _both(str(offer.copies)),
        "least_people": _both(str(offer.least_people)),
        "start": _start(timing.earliest),
        "advance": _both(str(timing.longest_advance)),
        "surrender": offer.surrender.says,
        "surrender_example": offer.surrender.example,
        "coverages": _list(offer.coverages, lambda cover: _cover(offer, cover)),
        "exclusions": _list(offer.exclusions, _exclusion),
    }


def _exclusion(exclusion: Any) -> Text:
    example = exclusion.example
    return Text(
        f"**{exclusion.title.zh}**：{exclusion.says.zh}" + (f"例：{example.zh}" if example else ""),
        f"**{exclusion.title.en}**: {exclusion.says.en}" + (f" Example: {example.en}" if example else ""),
    )


def _cover(offer: Offer, cover: Coverage) -> Text:
    """One coverage as a clause says it: what is paid, how much in each plan, and what is taken off."""
    sums = [_plan_sum(plan, cover, place) for place, plan in enumerate(offer.plans)]
    zh = [f"**{cover.name.zh}**：{cover.says.zh}保险金额：{'；'.join(one.zh for one in sums)}。"]
    en = [f"**{cover.name.en}**: {cover.says.en} Sum insured: {'; '.join(one.en for one in sums)}."]
    for term in terms(cover):
        zh.append(f"{term.zh}。")
        en.append(f" {term.en}.")
    return Text("".join(zh), "".join(en))


def terms(cover: Coverage) -> list[Text]:
    """What a sum does not say by itself: the part of a cost that is paid, what is taken off, from when."""
    found = []
    if cover.deductible:
        amount = in_words(cover.deductible)
        found.append(Text(f"每次事故免赔额 {amount.zh}", f"Deductible {amount.en} for each accident or illness"))
    if cover.reimbursement != 100:
        found.append(Text(f"赔付比例 {cover.reimbursement}%", f"{cover.reimbursement}% of the cost is paid"))
    if cover.waiting_days:
        found.append(Text(f"等待期 {cover.waiting_days} 天", f"Waiting period {cover.waiting_days} days"))
    if cover.adults_only:
        found.append(Text("未满 18 周岁的被保险人不享有本项保障", "Not for insured people below 18"))
    for minor in cover.minors:
        amounts = [in_words(amount) for amount in dict.fromkeys(minor.sums)]
        found.append(
            Text(
                f"未满 {minor.below} 周岁的被保险人，保险金额以{'／'.join(one.zh for one in amounts)}为限（按计划）",
                f"Below {minor.below} the sum is limited to {' / '.join(one.en for one in amounts)} (by plan)",
            )
        )
    if cover.each:
        found.append(_each(cover))
    return found


def _each(cover: Coverage) -> Text:
    assert cover.each
    each = cover.each
    amounts = [in_words(amount) for amount in dict.fromkeys(each.amounts) if amount]
    said = Text(" / ".join(one.zh for one in amounts), " / ".join(one.en for one in amounts))
    words = label("Per", each.per) % {"amount": said, "every": each.every}
    if each.per == "day" and each.most:
        most = label("Per", "days_at_most") % {"most": each.most}
        return Text(words.zh + most.zh, words.en + most.en)
    return words


def _plan_sum(plan: Plan, cover: Coverage, place: int) -> Text:
    benefit = cover.benefits[place].label
    return Text(f"{plan.name.zh} {benefit.zh}", f"{plan.name.en} {benefit.en}")


def _list(items: tuple[Any, ...], said: Callable[[Any], Text]) -> Text:
    texts = [said(item) for item in items]
    return Text(
        "\n".join(f"{number}. {text.zh}" for number, text in enumerate(texts, 1)),
        "\n".join(f"{number}. {text.en}" for number, text in enumerate(texts, 1)),
    )


def _ages(offer: Offer) -> Text:
    if offer.youngest_days:
        days = offer.youngest_days
        return Text(f"出生满 {days} 天至 {offer.oldest} 周岁", f"from {days} days after birth to {offer.oldest} years")
    return Text(f"{offer.youngest} 至 {offer.oldest} 周岁", f"{offer.youngest} to {offer.oldest} years")


def _periods(offer: Offer) -> Text:
    single = [duration for duration in offer.durations if not duration.is_annual]
    zh, en = [], []
    if single:
        zh.append(f"单次 {single[0].first} 至 {single[-1].last} 天")
        en.append(f"{single[0].first} to {single[-1].last} days")
    if annual := offer.annual:
        zh.append("一年" if annual.longest_trip >= 365 else f"一年（每次行程不超过 {annual.longest_trip} 天）")
        en.append("one year" if annual.longest_trip >= 365 else f"one year (trips of at most {annual.longest_trip} days)")
    return Text("，或".join(zh), " or ".join(en))


def _start(earliest: int) -> Text:
    if not earliest:
        return Text("投保成功后的当日", "the day of application")
    zh = "次日零时（北京时间）" if earliest == 1 else f"投保后第 {earliest} 日零时（北京时间）"
    return Text(zh, f"00:00 Beijing time, {earliest} day{'s' if earliest > 1 else ''} after the application")


def _both(text: str) -> Text:
    return Text(text, text)


_DIGITS = "零一二三四五六七八九"


def _article(number: int, language: str) -> str:
    if language == "en":
        return f"Article {number}"
    tens, ones = divmod(number, 10)
    said = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return f"第{said}{_DIGITS[ones] if ones or not tens else ''}条"
