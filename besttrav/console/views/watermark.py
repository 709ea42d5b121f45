from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from besttrav.kernel import clock
from besttrav.people.access import EVERYONE, access
from besttrav.ui.context import actor_of

_SHEET = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"><defs>'
    '<pattern id="w" width="420" height="190" patternUnits="userSpaceOnUse" patternTransform="rotate(-22)">'
    '<g font-family="sans-serif" font-size="13" fill="#7A8683"><text x="10" y="40">{0}</text><text x="220" y="135">{0}</text></g>'
    '</pattern></defs><rect width="100%" height="100%" fill="url(#w)"/></svg>'
)


@require_safe
@access(EVERYONE)
def watermark(request: HttpRequest) -> HttpResponse:
    """Who looked at this screen and when, over every console page and every printout: staff number and minute, no name."""
    text = f"{actor_of(request).name or '-'} {clock.now().astimezone(clock.BEIJING):%Y-%m-%d %H:%M}"
    return HttpResponse(format_html(_SHEET, text), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})
