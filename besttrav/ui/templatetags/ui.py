"""The components, as template tags. They are builtins: no template needs to load them."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Textarea
from django.forms.boundfield import BoundWidget
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext, pgettext_lazy

from besttrav.kernel.actors import ActorKind
from besttrav.kernel.money import Money
from besttrav.people.permissions import Role
from besttrav.ui import navigation
from besttrav.ui.masks import reading

register = template.Library()

_TONES = {"ok": "check", "go": "clock", "you": "alert", "no": "x", "note": "note", "plain": "check", "wait": "dot"}
_ACTORS = {
    ActorKind.PERSON: pgettext_lazy("actor", "customer"),
    ActorKind.STAFF: pgettext_lazy("actor", "staff"),
    ActorKind.PARTNER: pgettext_lazy("actor", "partner"),
    ActorKind.JOB: pgettext_lazy("actor", "machine"),
    ActorKind.VISITOR: pgettext_lazy("actor", "visitor"),
}
_WEEKDAYS = "一二三四五六日"


# Small marks


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """A drawing beside a text that says the same; readers that read aloud skip it. `kind`: ico-l, ico-s or ico-r."""
    address = static("ui/icons.svg")
    return format_html('<svg class="ico {}" aria-hidden="true"><use href="{}#i-{}"/></svg>', kind, address, name)


@register.simple_tag
def serial(number: object) -> SafeString:
    """A reference in groups of four; the gaps are drawn, so what is copied holds no blanks."""
    text = str(number)
    groups = [text[at : at + 4] for at in range(0, len(text), 4)]
    return format_html('<span class="serial">{}</span>', format_html_join("", "<span>{}</span>", ((group,) for group in groups)))


@register.simple_tag
def masked(kind: object, value: object) -> SafeString:
    """A value the gate has masked: stars for the eye, a sentence for the ear. Never give it an open value."""
    return format_html('<span class="num" aria-hidden="true">{}</span><span class="vh">{}</span>', value, reading(str(kind), str(value)))


@register.simple_tag
def status(tone: str, text: object, mark: str = "") -> SafeString:
    """A state in words, with a sign and a tint: ok, go (in progress), you (your turn), no, note, plain (done), wait (our turn)."""
    return format_html('<span class="status status-{}">{}{}</span>', tone, icon(mark or _TONES[tone]), text)


@register.simple_tag
def moment(at: datetime, show: str = "full") -> SafeString:
    """A moment in Beijing. `show`: full, time or day."""
    local = localtime(at)
    texts = {"full": f"{_day(local)} {local:%H:%M}", "time": f"{local:%H:%M}", "day": _day(local)}
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), texts[show])


@register.filter(expects_localtime=True)
def day(value: date) -> str:
    """A calendar day as people write it, with the weekday; of a moment, its day in Beijing."""
    return _day(value)


def _day(value: date) -> str:
    if (get_language() or "").startswith("en"):
        return f"{value:%A}, {value.day} {value:%B %Y}"
    return f"{value.year} 年 {value.month} 月 {value.day} 日（周{_WEEKDAYS[value.weekday()]}）"


# Forms


@register.inclusion_tag("ui/components/field.html")
def field(bound: BoundField, optional: bool | None = None, **attributes: Any) -> dict[str, Any]:
    """Label, hint, error and control, tied together. Further attributes reach the control: `autocomplete="tel"`, `inputmode="numeric"`.

    Underscores stand for hyphens, as a template cannot name `data-x`. `optional=False` leaves "(optional)" out where it would only confuse.
    """
    widget = bound.field.widget
    group = isinstance(widget, (RadioSelect, CheckboxSelectMultiple))
    hint, error = f"{bound.auto_id}_hint", f"{bound.auto_id}_error"
    described = " ".join(([hint] if bound.help_text else []) + ([error] if bound.errors else []))
    given = {name.replace("_", "-"): value for name, value in attributes.items()}
    css = f"{_css_class(widget)} {given.pop('class', '')}".strip()
    control = given | ({"class": css} if css else {})
    if described and not group:
        control["aria-describedby"] = described
    if bound.errors:
        control["aria-invalid"] = "true"
    return {
        "field": bound,
        "control": "" if group else bound.as_widget(attrs=control),
        "single_check": isinstance(widget, CheckboxInput),
        "group": group,
        "described": described,
        "hint_id": hint,
        "error_id": error,
        "optional": not bound.field.required if optional is None else optional,
    }


@register.simple_tag
def line_field(bound: BoundField, kind: str = "text", shown: str | None = None, mark: str = "", **attributes: Any) -> SafeString:
    """A text field as `field` draws it, for pages that are asked for often: a tenth of the work. `mark` is a hint beside the label.

    `kind` is the type of the input, and gives way to text where what was typed would not show in it.
    """
    value = bound.value() if shown is None else shown
    text = "" if value is None else str(value.isoformat() if isinstance(value, date) else value)
    kind = "text" if kind == "date" and text and not _ISO_DAY.fullmatch(text) else kind
    control = format_html(
        '<input class="input" type="{}" name="{}" id="{}" value="{}"{}>',
        kind,
        bound.html_name,
        bound.auto_id,
        text,
        _attributes(bound, attributes),
    )
    return _field_around(bound, control, mark)


@register.simple_tag
def pick_field(bound: BoundField, **attributes: Any) -> SafeString:
    """A list to pick one from as `field` draws it, for pages that are asked for often."""
    chosen = str(bound.value() or "")
    choices = [(str(value), label) for value, label in bound.field.choices]  # type: ignore[attr-defined]  # of a field with choices
    options = format_html_join(
        "", '<option value="{}"{}>{}</option>', ((value, _SELECTED if value == chosen else "", label) for value, label in choices)
    )
    control = format_html(
        '<select class="select" name="{}" id="{}"{}>{}</select>', bound.html_name, bound.auto_id, _attributes(bound, attributes), options
    )
    return _field_around(bound, control)


def _field_around(bound: BoundField, control: SafeString, mark: str = "") -> SafeString:
    wrong = " ".join(str(error) for error in bound.errors)
    return format_html(
        '<div class="field{}"><label for="{}">{}{}</label>{}{}</div>',
        " field-error" if wrong else "",
        bound.auto_id,
        bound.label,
        format_html(' <span class="hint num">{}</span>', mark) if mark else "",
        format_html('<p class="error" id="{}_error">{}<span>{}</span></p>', bound.auto_id, icon("alert"), wrong) if wrong else "",
        control,
    )


def _attributes(bound: BoundField, attributes: Mapping[str, Any]) -> SafeString:
    given = {name.replace("_", "-"): value for name, value in attributes.items()}
    if bound.errors:
        given |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}_error"}
    return format_html_join("", ' {}="{}"', given.items())


_SELECTED = SafeString(" selected")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _css_class(widget: object) -> str:
    if isinstance(widget, (CheckboxInput, RadioSelect, CheckboxSelectMultiple)):
        return ""
    return "select" if isinstance(widget, Select) else "textarea" if isinstance(widget, Textarea) else "input"


@register.inclusion_tag("ui/components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """What has to be corrected, each line a link to its field; takes the focus, with and without scripts."""
    lines = [(_first_control(form, name), error) for name, errors in form.errors.items() for error in errors]
    return {"lines": lines}


def _first_control(form: BaseForm, name: str) -> str:
    """The id to jump to: a group of choices has none of its own, so its first choice."""
    return (form[name].id_for_label or f"{form[name].auto_id}_0") if name in form.fields else ""


@register.inclusion_tag("ui/components/radio_cards.html")
def radio_cards(bound: BoundField, notes: Mapping[str, object] | None = None, optional: bool | None = None) -> dict[str, Any]:
    """A choice of few, each a card to press. `notes` says something in bold on a card, by the choice's value: its price, say."""
    hint, error = f"{bound.auto_id}_hint", f"{bound.auto_id}_error"
    options = [(option, (notes or {}).get(str(option.data["value"]), "")) for option in bound.subwidgets]
    for option, _note in options:
        option.data["attrs"] |= {"class": "vh"}
    return {
        "field": bound,
        "options": options,
        "hint_id": hint,
        "error_id": error,
        "described": " ".join(([hint] if bound.help_text else []) + ([error] if bound.errors else [])),
        "optional": not bound.field.required if optional is None else optional,
    }


@register.simple_tag
def choice(option: BoundWidget) -> SafeString:
    """The control of one choice, a radio or a tick, without the template that Django has for it."""
    data = option.data
    given = {name: value for name, value in data["attrs"].items() if value is not False}
    bare = format_html_join("", " {}", ((name,) for name, value in given.items() if value is True))
    others = format_html_join("", ' {}="{}"', ((name, value) for name, value in given.items() if value is not True))
    return format_html('<input type="{}" name="{}" value="{}"{}{}>', data["type"], data["name"], data["value"], others, bare)


@register.filter
def called(code: str, names: Mapping[str, str]) -> str:
    """What the bearer of a code is called, where the names know it."""
    return names.get(code, code)


# The sale


@register.filter
def price(amount: Money) -> SafeString:
    """An amount as a figure on a page: the yuan large, the fen always there."""
    whole, _, fen = str(amount).partition(".")
    return format_html('<span class="price"><small>¥</small>{}<span class="dec">.{}</span></span>', whole, fen)


@register.filter
def yuan(amount: Money) -> str:
    """An amount inside a line: ¥1,234.50."""
    return f"¥{amount}"


@register.inclusion_tag("ui/components/steps.html")
def steps(current: int, total: int, label: object = "") -> dict[str, Any]:
    """Where one is in a wizard: "Step 3 of 6" with a bar for the eye."""
    states = ["done" if number < current else "now" if number == current else "" for number in range(1, total + 1)]
    return {"current": current, "total": total, "label": label, "states": states}


@register.inclusion_tag("ui/components/summary_list.html")
def summary_list(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What somebody answered, to be checked. A row has `label` and `value`, and may have `note`, `url` with `action` (else "Change"),
    `mask` (the kind of a value that the gate masked) and `changed`."""
    return {"rows": rows, "change": pgettext("link", "Change")}


@register.inclusion_tag("ui/components/notification.html")
def notification(tone: str, title: object = "", text: object = "", url: str = "", action: object = "", role: str = "") -> dict[str, Any]:
    """Something to know, with a sign: tone ok, go, you (your turn) or no. `role="status"` where it answers what was just done."""
    return {"tone": tone, "mark": _TONES[tone], "title": title, "text": text, "url": url, "action": action, "role": role}


@register.inclusion_tag("ui/components/sticky_bar.html")
def sticky_bar(
    amount: Money | None, caption: object, action: object = "", form_id: str = "", sum_url: str = "#quote", **more: Any
) -> dict[str, Any]:
    """The bar at the foot of a phone: what it costs and the one button. It submits the form `form_id`; `name` and `value` go with it.

    Further: `help_url`, `id`, and `oob=True` where a fragment brings the bar along.
    """
    return {"amount": amount, "caption": caption, "action": action, "form_id": form_id, "sum_url": sum_url} | more


@register.inclusion_tag("ui/components/premium_ticket.html")
def premium_ticket(
    title: object, facts: Iterable[tuple[object, object, object]], total: Money, lines: Any = (), over: object = ""
) -> dict[str, Any]:
    """What is being bought, as a ticket: facts are (label, value, hint), lines are (person, note, amount)."""
    return {"title": title, "facts": facts, "total": total, "lines": lines, "over": over}


@register.inclusion_tag("ui/components/seal.html")
def seal(word: object, around: object, label: object, stamp: bool = True) -> dict[str, Any]:
    """A round stamp: a short word across its middle, a name around it. `label` is what it says to those who listen."""
    name, middle = str(around), str(word)
    wide = not name.isascii()
    return {
        "word": middle,
        "around": name,
        "label": label,
        "stamp": stamp,
        "turns": range(0, 180, 15),
        # A long name is set all the way round, a short one as wide as it is.
        "length": min(330, len(name) * (24 if wide else 11)),
        "squeeze": 96 if len(middle) > 3 else "",
    }


@register.inclusion_tag("ui/components/route.html")
def route() -> dict[str, Any]:
    """The line between two places on a ticket."""
    return {}


# Lists


@register.inclusion_tag("ui/components/empty.html")
def empty_state(title: object, text: object = "", url: str = "", action: object = "", icon: str = "file") -> dict[str, Any]:
    """Nothing here: why, and the one thing to do about it."""
    return {"title": title, "text": text, "url": url, "action": action, "icon_name": icon}


@register.inclusion_tag("ui/components/timeline.html")
def timeline(entries: Any, label: object = "") -> dict[str, Any]:
    """Events by day. An entry has `at`, `title`, and may have `text`, `state` (done, todo), `url` and `action`."""
    days = [(date, list(group)) for date, group in groupby(entries, key=lambda entry: localtime(_at(entry)).date())]
    return {"days": days, "label": label}


def _at(entry: Any) -> datetime:
    at: datetime = entry["at"] if isinstance(entry, dict) else entry.at
    return at


@register.inclusion_tag("ui/components/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Page[Any]) -> dict[str, Any]:
    """Links to the neighbouring pages that keep every other parameter of the address."""
    request: HttpRequest = context["request"]
    return {
        "page": page,
        "previous": _with_page(request.GET, page.previous_page_number()) if page.has_previous() else "",
        "next": _with_page(request.GET, page.next_page_number()) if page.has_next() else "",
    }


def _with_page(parameters: QueryDict, number: int) -> str:
    changed = parameters.copy()
    changed["page"] = str(number)
    return f"?{changed.urlencode()}"


@register.filter
def role_name(code: str) -> object:
    """A role as people call it."""
    return Role(code).label


@register.filter
def kind_of_actor(kind: ActorKind) -> object:
    """Whoever acted, in a word."""
    return _ACTORS[kind]


@register.filter
def listed(value: object) -> object:
    """A fact of the journal: several codes stand side by side."""
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


# Addresses


@register.simple_tag
def page_url(url_name: str) -> str:
    """The address of a page, or nothing while that page does not exist: `{% page_url "portal:sign-in" as sign_in %}{% if sign_in %}`."""
    return navigation.address_of(url_name)


@register.filter
def digits(number: str) -> str:
    """A telephone number as a `tel:` link needs it."""
    return "".join(character for character in number if character.isdigit() or character == "+")
