from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from besttrav.people.access import EVERYONE, access
from besttrav.portal.forms.preferences import PreferencesForm
from besttrav.ui.entry import entry_page
from besttrav.ui.pages import page
from besttrav.ui.preferences import preferences_of, remember


@entry_page
@require_http_methods(["GET", "HEAD", "POST"])
@access(EVERYONE)
def preferences(request: HttpRequest) -> HttpResponse:
    """Light or dark, size of print and language: kept in the person's own browser, for signed-out people too."""
    if request.method != "POST":
        now = preferences_of(request)
        return page(
            request,
            "portal/preferences.html",
            form=PreferencesForm(initial={"theme": now.theme, "size": now.size, "language": get_language()}),
        )
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return page(request, "portal/preferences.html", form=form)
    response = HttpResponseRedirect(form.way_back(request) or request.path)
    remember(response, **form.choices_made())
    return response
