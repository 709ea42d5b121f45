"""The catalogues: what gettext reads is what the translator wrote, and nothing is missing unseen."""

import gettext
import io
from pathlib import Path

import pytest

from dev import translations
from dev.translations import Message, compiled, main, problems, read, said, write

CATALOGUE = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

#: besttrav/people/views.py
msgid "Sign in"
msgstr "登录"

msgctxt "month"
msgid "May"
msgstr "五月"

msgid "%(count)d letter"
msgid_plural "%(count)d letters"
msgstr[0] "%(count)d 封信"

#, fuzzy
msgid "Sign out"
msgstr "退"

msgid ""
"Two\\n"
"lines"
msgstr ""
"两\\n"
"行"

#~ msgid "Gone"
#~ msgstr "没了"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "django.po"
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


def test_gettext_reads_what_was_compiled(catalogue: Path) -> None:
    texts = gettext.GNUTranslations(io.BytesIO(compiled(read(catalogue))))
    assert texts.gettext("Sign in") == "登录"
    assert texts.pgettext("month", "May") == "五月"
    assert texts.gettext("May") == "May"
    assert texts.ngettext("%(count)d letter", "%(count)d letters", 2) == "%(count)d 封信"
    assert texts.gettext("Two\nlines") == "两\n行"
    assert texts.gettext("Sign out") == "Sign out"  # a fuzzy one is a guess
    assert texts.gettext("Gone") == "Gone"


def test_what_is_written_reads_the_same(catalogue: Path, tmp_path: Path) -> None:
    messages = read(catalogue)
    write(tmp_path / "again.po", messages)
    assert read(tmp_path / "again.po") == messages


def test_texts_are_found_in_code_and_templates() -> None:
    found = said()
    assert (None, "Chinese") in found
    assert found[(None, "Chinese")] == Message("Chinese", comments=["#: besttrav/settings.py"])


def test_compiling_twice_does_nothing_the_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert main() == 0
    assert capsys.readouterr().out == ""


def test_an_update_adds_what_is_said_keeps_what_is_translated_and_reads_english_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locale = tmp_path / "locale"
    for language in ("en", "zh_Hans"):
        (locale / language / "LC_MESSAGES").mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    (locale / "en" / "LC_MESSAGES" / "django.po").write_text(header)
    (locale / "zh_Hans" / "LC_MESSAGES" / "django.po").write_text(header + '\nmsgid "Sign in"\nmsgstr "登录"\n')
    (tmp_path / "views.py").write_text('_("Sign in")\nngettext("a day", "days", n)\n_("Old" + "fashioned")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        """{% load i18n %}{% translate "It's (here)" context "place" %}
        {% blocktranslate with n=x %}{{ n }} left{% endblocktranslate %}{{ _("More")|upper }}"""
    )
    monkeypatch.setattr(translations, "PRODUCT", tmp_path)
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    translations.update()
    english, chinese = ({message.key: message.translations for message in read(po)[1:]} for po in translations.catalogues())
    assert set(english) == set(chinese)
    assert english[(None, "a day")] == ["a day", "days"]
    assert chinese[(None, "Sign in")] == ["登录"]
    assert chinese[(None, "%(n)s left")] == [""]
    assert ("place", "It's (here)") in english
    assert (None, "More") in english
    assert sorted(problems())[0].startswith("locale/zh_Hans")
    assert len(list(problems())) == 4  # what Chinese lacks: the days, the place, what is left, more
