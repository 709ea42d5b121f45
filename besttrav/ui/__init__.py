"""The common look, "Ticket & Seal": what a page extends, which tags it uses, what it may name. Doors only write the middle.

A page

    {% extends "ui/portal.html" %}            customers; staff extend "ui/console.html"
    {% block title %}..{% endblock %}         the brand is added; "Please correct:" too when `form` has errors
    {% block heading %}..{% endblock %}       the h1
    {% block lead %}<p class="quiet">..</p>{% endblock %}
    {% block content %}..{% endblock %}       or `main`, to replace heading and width as well
    further blocks: crumb (above the h1), width (class of the column), head; console: actions (right of the h1), me, account, keys

    return page(request, "portal/sign_in.html", form=form)     besttrav.ui.pages: 422 and kept values when the form is invalid

Names every template has: operator (.name .address .hours .icp .privacy_department .privacy_officer .privacy_mailbox .supervision),
brand, hotline, licence, theme, size, language (the html lang), now (Beijing), actor, nav (.top .tab_bar .foot .rail).

Tags, all builtins, with i18n and static:

    {% error_summary form %}                  above the form; links, takes the focus
    {% field form.phone inputmode="tel" %}    label, hint, error, control; radios become a fieldset, a checkbox a tick line
    {% icon "eye" %} {% serial number %} {% masked "phone" shown %} {% status "go" text %}
    {% moment at %} {{ date|day }} {{ hotline|digits }}
    {% timeline entries %} {% empty_state title text url action icon %} {% pagination page %}
    {% page_url "portal:sign-in" as url %}    empty while no such page exists

Classes for the rest: ticket (+ ticket-side) > ticket-main, ticket-stub; card; facts; rows; table cards; note; notice; chips; actions;
btn (btn-primary, btn-danger, btn-text, btn-block); locked; sheet-form for a form in a narrow card.
No style attributes and no scripts in pages.

Links: `navigation.py` lists every entry of header, tab bar, footer, rail and home page by url name; an entry shows up when its page exists.
Cookies: a cookie must be listed in `cookies.py` or it is not sent. Other sites may open only views marked `@entry_page` (`entry.py`).
A Refusal that no view answers becomes a 422 page with its message and way out, 403 where a permission is missing; an Unavailable a 503
(`middleware.py`, `errors.py`).
"""
