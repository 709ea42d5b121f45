"""What is wrong with an offer before anybody may buy it. Every problem names its place, so that whoever wrote the folder can mend it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

from besttrav.catalogue import rates
from besttrav.catalogue.countries import COUNTRIES, SCHENGEN
from besttrav.catalogue.offer import Asked, AskedOfTrip, Coverage, Effect, Offer, PaperKind
from besttrav.catalogue.rules import FULL_AGE, SCHENGEN_MEDICAL, cap_at
from besttrav.catalogue.text import Text, in_words
from besttrav.kernel.money import ZERO


def problems(offer: Offer) -> list[str]:
    """Everything wrong, in the order a reader of the folder would meet it; none where it may be published."""
    found = [*_untranslated(offer, ""), *_codes(offer), *lengths(offer), *_ages(offer), *_countries(offer)]
    if found:  # What follows counts on the above.
        return found
    found += [*rates.problems(offer), *_promises(offer)]
    return [*found, *_caps(offer), *_letter(offer), *_needs(offer), *_papers(offer), *_readable(offer)]


def _untranslated(value: Any, place: str) -> Iterator[str]:
    """Texts that lack one of their languages."""
    if isinstance(value, Text):
        for language in ("zh", "en"):
            if value and not value.in_language(language).strip():
                yield f"{place}: the {'Chinese' if language == 'zh' else 'English'} text is missing"
    elif is_dataclass(value):
        for one in fields(value):
            inside = getattr(value, one.name)
            here = f"{place}.{one.name}" if place else one.name
            # An empty text is a missing one, unless the field may be left out.
            if isinstance(inside, Text) and not inside and one.default is not inside:
                yield f"{here}: the text is missing in both languages"
            yield from _untranslated(inside, here)
    elif isinstance(value, tuple):
        for number, item in enumerate(value, 1):
            yield from _untranslated(item, f"{place}[{getattr(item, 'code', '') or number}]")


def _codes(offer: Offer) -> Iterator[str]:
    for name in ("plans", "coverages", "areas", "options", "questions", "occupations", "activities"):
        counted = Counter(item.code for item in getattr(offer, name))
        yield from (f"{name}: the code {code} is given {times} times" for code, times in counted.items() if times > 1)
    for name in ("plans", "coverages", "areas", "ages", "durations", "documents", "relations"):
        if not getattr(offer, name):
            yield f"{name}: there are none"
    covers, options = {cover.code for cover in offer.coverages}, {option.code for option in offer.options}
    for cover in offer.coverages:
        if cover.part_of and cover.part_of not in covers:
            yield f"coverages[{cover.code}].part_of: there is no coverage {cover.part_of}"
        if cover.option and cover.option not in options:
            yield f"coverages[{cover.code}].option: there is no option {cover.option}"
    plans = {plan.code for plan in offer.plans}
    for option in offer.options:
        yield from (f"options[{option.code}].plans: there is no plan {plan}" for plan in option.plans if plan not in plans)


def lengths(offer: Offer) -> Iterator[str]:
    """One value a plan, wherever values stand in the order of plans: what reads an offer by plan counts on it."""
    plans = len(offer.plans)
    for cover in offer.coverages:
        lists = {"benefits": cover.benefits, "each.amounts": cover.each.amounts if cover.each else None}
        lists |= {f"minors[below {minor.below}].sums": minor.sums for minor in cover.minors}
        for name, values in lists.items():
            if values is not None and len(values) != plans:
                yield f"coverages[{cover.code}].{name}: {len(values)} values for {plans} plans"
        if not 0 < cover.reimbursement <= 100:
            yield f"coverages[{cover.code}].reimbursement: per cent, from 1 to 100"


def _ages(offer: Offer) -> Iterator[str]:
    for band in offer.ages:
        if not 0 <= band.first <= band.last <= 120:
            yield f"ages {band.first}-{band.last}: years run from 0 to 120 and forwards"
        if band.factor <= 0 or not 0 < band.benefit_percent <= 100:
            yield f"ages {band.first}-{band.last}: a factor is above nothing, and benefits are 1 to 100 per cent"
    for before, after in pairwise(offer.ages):
        if after.first != before.last + 1:
            gap = "overlap" if after.first <= before.last else "leave years out between them"
            yield f"ages {before.first}-{before.last} and {after.first}-{after.last}: {gap}"


def _countries(offer: Offer) -> Iterator[str]:
    for area in offer.areas:
        for code in (*area.countries, *area.without):
            if code not in COUNTRIES:
                yield f"areas[{area.code}]: there is no country {code}"
        if area.is_worldwide == bool(area.countries):
            yield f"areas[{area.code}]: either worldwide, or countries by name"
    yield from (f"excluded_countries: there is no country {code}" for code in offer.excluded_countries if code not in COUNTRIES)


def _promises(offer: Offer) -> Iterator[str]:
    """Premiums that grow with days and with cover, where the product says that they do."""
    cells = {(rate.plan, rate.area, rate.days, rate.first_age): rate.premium for rate in offer.rates}
    days = [duration.code for duration in offer.durations if not duration.is_annual]
    for (plan, area, day, age), premium in cells.items():
        if offer.grows_with_days and day in days[1:]:
            before = cells.get((plan, area, days[days.index(day) - 1], age), ZERO)
            if premium < before:
                yield f"rate cell (plan {plan}, area {area}, days {day}, from age {age}): costs less than fewer days do"
        place = [one.code for one in offer.plans].index(plan) if offer.plan(plan) else 0
        if offer.grows_with_cover and place and premium < cells.get((offer.plans[place - 1].code, area, day, age), ZERO):
            yield f"rate cell (plan {plan}, area {area}, days {day}, from age {age}): costs less than the plan below it"


def _caps(offer: Offer) -> Iterator[str]:
    """Plans that would pay more on the death of a minor than the law allows: the first age below each cap."""
    options = frozenset(option.code for option in offer.options)
    for plan in offer.plans:
        told = set()
        for age in range(offer.youngest, min(offer.oldest + 1, FULL_AGE)):
            cap, total = cap_at(age), offer.death_sum(plan.code, age, options)
            if cap and total > cap.most and cap.below not in told:
                told.add(cap.below)
                said = f"{in_words(total).en} on death, the cap below {cap.below} is {in_words(cap.most).en}"
                yield f"plan {plan.code}, age {age}: {said}"


def _letter(offer: Offer) -> Iterator[str]:
    if offer.visa_letter not in ("", "visa", "schengen"):
        yield f"visa_letter: {offer.visa_letter} is none of schengen, visa and nothing"
    if offer.visa_letter != "schengen":
        return
    if not any(all(area.covers(state) for state in SCHENGEN) for area in offer.areas):
        yield "visa_letter: no area covers all Schengen states"
    for place, plan in enumerate(offer.plans):
        if not any(_suffices(cover, place) for cover in offer.coverages):
            yield f"visa_letter: plan {plan.code} has no medical cover of {in_words(SCHENGEN_MEDICAL).en} without deductible"


def _suffices(cover: Coverage, place: int) -> bool:
    benefit = cover.benefits[place]
    is_enough = benefit.is_actual_cost or (benefit.sum or ZERO) >= SCHENGEN_MEDICAL
    return cover.is_medical and is_enough and not cover.deductible and cover.reimbursement == 100


def _needs(offer: Offer) -> Iterator[str]:
    """What a rule looks at is asked, and nothing is asked that no rule and no paper needs."""
    needs = offer.needs
    wanted = {
        Asked.PASSPORT_NAME: bool(offer.visa_letter),
        Asked.OCCUPATION: bool(offer.occupation_classes),
        Asked.DEATH_COVER_ELSEWHERE: offer.youngest < FULL_AGE and any(cover.is_death for cover in offer.coverages),
    }
    for asked, is_wanted in wanted.items():
        if is_wanted != (asked in needs.insured):
            yield f"needs.insured: {asked.value} is {'needed, and not asked' if is_wanted else 'asked, and nothing needs it'}"
    if bool(offer.activities) != (AskedOfTrip.ACTIVITIES in needs.trip):
        yield "needs.trip: activities are asked exactly where the product has a list of them"
    if not needs.organisation_may_apply and not needs.person_may_apply:
        yield "needs: nobody may apply"
    if offer.occupation_classes and not offer.occupations:
        yield "occupations: there are none"
    for question in offer.questions:
        if (question.effect is Effect.LOAD) != (question.percent > 0):
            yield f"questions[{question.code}]: a loading has its per cent, and nothing else has"


def _papers(offer: Offer) -> Iterator[str]:
    counted = Counter(paper.kind for paper in offer.papers)
    yield from (f"papers: {kind.value} is there {counted[kind]} times" for kind in PaperKind if counted[kind] != 1)


def _readable(offer: Offer) -> Iterator[str]:
    """What the page must say before anybody buys."""
    important = [one for one in offer.exclusions if one.is_important]
    if not important or not all(one.example for one in important):
        yield "exclusions: the important ones are marked, and each has an example"
    if not offer.suits or not offer.does_not_suit:
        yield "suits, does_not_suit: say both"
    timing = offer.timing
    if not 0 <= timing.closes_at <= 24 or not 0 <= timing.earliest <= timing.longest_advance:
        yield "timing: an hour from 0 to 24, and the earliest start before the latest"
    if not 0 <= offer.surrender.fee_percent <= 100:
        yield "surrender.fee_percent: from 0 to 100"
    if not 1 <= offer.least_people <= offer.most_people or offer.copies < 1:
        yield "least_people, most_people, copies: at least one"
