"""The components: what stands on the page, and what is read aloud."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory, SimpleTestCase
from django.utils import translation

from besttrav.ui.cookies import UndeclaredCookie, refuse_undeclared
from besttrav.ui.navigation import HOME, Entry, address_of


def drawn(template: str, **names: object) -> str:
    return Template(template).render(Context(names))


class TravellerForm(forms.Form):
    phone = forms.CharField(label="手机号", help_text="用来收验证码", error_messages={"required": "填写手机号"})
    nickname = forms.CharField(label="称呼", required=False)
    agreed = forms.BooleanField(label="我已阅读")
    way = forms.ChoiceField(label="方式", choices=[("sms", "短信"), ("call", "电话")], widget=forms.RadioSelect)


def test_a_field_ties_label_hint_error_and_control_together() -> None:
    page = drawn('{% field form.phone inputmode="tel" data_copy="x" %}', form=TravellerForm({"phone": ""}))

    assert '<label for="id_phone">手机号</label>' in page
    assert 'aria-describedby="id_phone_hint id_phone_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_phone_hint"' in page
    assert 'id="id_phone_error"' in page
    assert "填写手机号" in page
    assert 'inputmode="tel"' in page
    assert 'data-copy="x"' in page
    assert 'class="input"' in page


def test_a_field_that_may_stay_empty_says_so() -> None:
    assert "（选填）" in drawn("{% field form.nickname %}", form=TravellerForm())
    assert "（选填）" not in drawn("{% field form.phone %}", form=TravellerForm())


def test_choices_are_a_group_with_a_legend_and_a_tick_is_a_line() -> None:
    assert "<legend>方式</legend>" in drawn("{% field form.way %}", form=TravellerForm())
    assert '<label class="check" for="id_agreed">' in drawn("{% field form.agreed %}", form=TravellerForm())


def test_a_choice_is_drawn_as_django_draws_it() -> None:
    way = forms.ChoiceField(
        choices=[("sms", "短信"), ('"call"', "电话")], widget=forms.RadioSelect(attrs={"disabled": True, "class": "vh"})
    )
    form = TravellerForm({"way": '"call"'})
    form.fields["way"] = way
    for option in form["way"].subwidgets:
        SimpleTestCase().assertHTMLEqual(drawn("{% choice option %}", option=option), option.tag())


def test_the_summary_leads_to_each_field_and_keeps_quiet_when_all_is_well() -> None:
    page = drawn("{% error_summary form %}", form=TravellerForm({"agreed": "on", "way": "sms"}))

    assert '<a href="#id_phone">填写手机号</a>' in page
    assert "autofocus" in page
    assert drawn("{% error_summary form %}", form=TravellerForm()).strip() == ""


def test_a_choice_at_fault_is_reached_by_its_first_option() -> None:
    assert 'href="#id_way_0"' in drawn("{% error_summary form %}", form=TravellerForm({"phone": "1", "agreed": "on"}))


@pytest.mark.parametrize(
    ("kind", "shown", "heard", "in_english"),
    [
        ("name", "张*", "姓名已隐藏，姓张", "Name hidden, family name 张"),
        ("phone", "138****1718", "手机尾号 1718", "Mobile number ending 1718"),
        ("Kind.IDENTITY_NUMBER", "1101**********002X", "证件号尾号 002X", "Document number ending 002X"),
        ("passport", "E12****78", "护照尾号 78", "Passport ending 78"),
        ("email", "z***@qq.com", "邮箱已隐藏", "E-mail address hidden"),
        ("address", "北京市海淀区***", "详细地址已隐藏", "Full address hidden"),
        ("bank_card", "中国银行 尾号 8888", "中国银行 尾号 8888", "中国银行 尾号 8888"),
        ("something new", "***", "已隐藏", "Hidden"),
    ],
)
def test_a_mask_is_stars_for_the_eye_and_a_sentence_for_the_ear(kind: str, shown: str, heard: str, in_english: str) -> None:
    template = "{% masked kind value %}"

    assert drawn(template, kind=kind, value=shown) == f'<span class="num" aria-hidden="true">{shown}</span><span class="vh">{heard}</span>'
    with translation.override("en"):
        assert f'<span class="vh">{in_english}</span>' in drawn(template, kind=kind, value=shown)


def test_a_serial_is_drawn_in_fours_and_copied_without_gaps() -> None:
    page = drawn('{% serial "PR2611210044" %}')

    assert page == '<span class="serial"><span>PR26</span><span>1121</span><span>0044</span></span>'


def test_a_state_is_words_and_a_sign() -> None:
    assert "status-go" in drawn('{% status "go" "处理中" %}')
    assert "#i-clock" in drawn('{% status "go" "处理中" %}')


def test_moments_are_told_in_beijing_and_in_the_language_of_the_page() -> None:
    at = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)

    assert "2026 年 11 月 23 日（周一） 00:30" in drawn("{% moment at %}", at=at)
    with translation.override("en"):
        assert "Monday, 23 November 2026 00:30" in drawn("{% moment at %}", at=at)


def test_a_timeline_is_cut_by_days_in_beijing() -> None:
    entries = [
        {"at": datetime(2026, 11, 22, 16, 30, tzinfo=UTC), "title": "周一凌晨"},
        {"at": datetime(2026, 11, 22, 15, 30, tzinfo=UTC), "title": "周日深夜"},
    ]
    page = drawn("{% timeline entries %}", entries=entries)

    assert page.count("<h3") == 2
    assert page.index("11 月 23 日") < page.index("周一凌晨") < page.index("11 月 22 日") < page.index("周日深夜")


def test_a_day_is_written_with_its_weekday() -> None:
    assert drawn("{{ value|day }}", value=date(2026, 12, 1)) == "2026 年 12 月 1 日（周二）"


def test_the_day_of_a_moment_is_the_one_in_beijing() -> None:
    assert drawn("{{ value|day }}", value=datetime(2026, 11, 30, 16, 0, tzinfo=UTC)) == "2026 年 12 月 1 日（周二）"


def test_neighbouring_pages_keep_the_rest_of_the_address() -> None:
    request = RequestFactory().get("/list/", {"state": "open", "page": "2"})
    page = drawn("{% pagination page %}", request=request, page=Paginator(range(100), 20).page(2))

    assert "?state=open&amp;page=1" in page
    assert "?state=open&amp;page=3" in page
    assert "第 2 页，共 5 页" in page


def test_nothing_here_says_why_and_what_to_do() -> None:
    page = drawn('{% empty_state "您还没有请求" "需要时随时可以提" "/x/" "提一个" %}')

    assert "您还没有请求" in page
    assert '<a class="btn" href="/x/">提一个</a>' in page


def test_values_are_escaped_wherever_they_stand() -> None:
    evil = "<script>alert(1)</script>"
    page = drawn('{% masked "phone" value %}{% serial value %}{% status "go" value %}{% empty_state value %}', value=evil)

    assert "<script" not in page


def test_a_link_shows_only_once_its_page_exists() -> None:
    assert address_of(HOME.url_name) == "/"
    assert address_of(Entry("portal:no-such-page", "x", "x").url_name) == ""


def test_a_cookie_that_the_cookie_page_does_not_list_is_not_sent() -> None:
    refuse_undeclared({"theme": "dark"})
    with pytest.raises(UndeclaredCookie, match="tracker"):
        refuse_undeclared({"theme": "dark", "tracker": "x"})
