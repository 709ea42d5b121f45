"""Through the pages only: somebody opens an account, a clerk looks, the person sees the look, and goes."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from besttrav.kernel import clock
from besttrav.people import totp
from besttrav.people.models import StaffMember
from besttrav.people.operations.staff import app_secret
from tests.browser import examine
from tests.world import PASSWORD, World

PHONE = "12900005151"


def open_account(page: Page, site: str, world: World) -> None:
    page.goto(f"{site}/sign-in/")
    page.get_by_label("手机号").fill(PHONE)
    page.get_by_role("button", name="发送验证码").click()
    world.deliver()
    page.get_by_label("验证码").fill(world.carrier.code(PHONE))
    page.get_by_role("button", name="继续").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="开通我的账户").click()
    page.wait_for_url("**/my/privacy/")


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_a_person_comes_is_helped_sees_who_looked_and_goes(page: Page, site: str, world: World) -> None:
    agent = world.service_agent.member
    world.carrier.forget()
    open_account(page, site, world)
    examine(page, "my-privacy")
    page.goto(f"{site}/my/sessions/")
    examine(page, "my-sessions")
    page.get_by_role("button", name="允许并识别本浏览器").click()
    page.get_by_role("button", name="更换标记").wait_for()
    page.goto(f"{site}/my/privacy/")

    browser = page.context.browser
    assert browser
    clerk = browser.new_context(locale="zh-CN", reduced_motion="reduce").new_page()
    clerk.goto(f"{site}/staff/sign-in/")
    clerk.get_by_label("工号").fill(agent.number)
    clerk.get_by_label("口令").fill(PASSWORD)
    clerk.get_by_role("button", name="继续").click()
    agent.refresh_from_db()
    clerk.get_by_label("动态码").fill(_fresh_code(agent))
    clerk.get_by_role("button", name="登录").click()
    clerk.goto(f"{site}/staff/people/")
    clerk.get_by_label("完整的手机号").fill(PHONE)
    clerk.get_by_role("button", name="查找").click()
    assert PHONE not in clerk.content()
    examine(clerk, "staff-person")
    clerk.get_by_label("账户 · 手机号").check()
    clerk.get_by_label("您联系我们时为您提供帮助").check()
    clerk.get_by_label("案件或工单").fill("TK-2026-0042")
    clerk.get_by_role("button", name="显示 60 秒").click()
    assert PHONE in clerk.content()
    clerk.goto(f"{site}/staff/closed-numbers/")
    examine(clerk, "staff-closed-numbers")
    clerk.close()

    page.reload()
    assert page.get_by_text(f"工号 {agent.number}").first.is_visible()
    page.goto(f"{site}/my/account/closing/")
    examine(page, "closing")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="注销账户").click()
    page.wait_for_url("**/closed/")
    page.goto(f"{site}/my/privacy/")
    assert re.search("/sign-in/", page.url)


def _fresh_code(agent: StaffMember) -> str:
    """The next code: the one of enrolment has been used up, and the clock may run ahead by one step."""
    return totp.code_at(app_secret(agent), clock.now() + timedelta(seconds=totp.STEP))
