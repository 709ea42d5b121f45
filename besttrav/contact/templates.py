"""The texts we send, in both languages. Purpose and action stand in the text, never a link.

The last line of a code is the origin-bound form that browsers fill in by themselves (`@domain #code`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in both languages with `%(name)s` for its values. A one-time text is never sent twice by us."""

    zh: str
    en: str
    is_one_time: bool = False


class Template(Enum):
    """A text by its permanent name; the carrier's approved template of the same meaning is named in its settings."""

    CODE = Wording(
        zh="验证码 %(code)s，用于%(action)s，%(minutes)s 分钟内有效。请勿告诉任何人，我们的工作人员也不会向您索要。"
        "\n\n@%(domain)s #%(code)s",
        en="%(code)s is your code to %(action)s, valid for %(minutes)s minutes. Tell nobody; our staff will never ask for it."
        "\n\n@%(domain)s #%(code)s",
        is_one_time=True,
    )
    NEW_DEVICE = Wording(
        zh="您的账户于 %(moment)s 在一台新的或未被识别的设备上登录。如非本人操作，请登录后在“登录设备”中全部退出。",
        en="Your account was signed in to on a device that is new or not recognised at %(moment)s. "
        "If this was not you, sign in and use “Sign out everywhere”.",
    )
    PHONE_CHANGED = Wording(
        zh="您的账户于 %(moment)s 更换了手机号，本号码不再用于登录。如非本人操作，请立即致电 %(hotline)s。",
        en="The phone number of your account was changed at %(moment)s; this number no longer signs in. "
        "If this was not you, call %(hotline)s at once.",
    )
    ACCOUNT_CLOSED = Wording(
        zh="您的账户已于 %(moment)s 注销。法律要求保存的记录仅被封存，到期即销毁。",
        en="Your account was closed at %(moment)s. Records the law keeps are locked away and destroyed when their time is over.",
    )
    NUMBER_REOPENED = Wording(
        zh="本号码因多次输错验证码而停用的登录，已于 %(moment)s 由我们的工作人员重新开通。如非您本人要求，请致电 %(hotline)s。",
        en="Signing in with this number, which wrong codes had closed, was opened again by our staff at %(moment)s. "
        "If you did not ask for it, call %(hotline)s.",
    )
    INSURED = Wording(
        zh="您的订单 %(number)s 已承保，自 %(first)s 起生效。电子保单可在“我的保险”查看和下载；未注册的，凭订单号和本手机号查询。",
        en="Order %(number)s is insured from %(first)s on. Your e-policy is under “My insurance”; without an account, find it by the order "
        "number and this phone.",
    )
    NOT_INSURED = Wording(
        zh="您的订单 %(number)s 未能承保，已付保费将原路全额退回，无需您做任何操作。退款进度可凭订单号和本手机号查询。",
        en="Order %(number)s could not be insured. All you paid goes back to where it came from; you need do nothing. Follow it with the "
        "order number and this phone.",
    )
    SURRENDER_RECEIVED = Wording(
        zh="您的退保申请 %(number)s 已收到，应退 %(amount)s 元。进度可在“我的保险”查看；未注册的，凭订单号和本手机号查询。"
        "如非本人操作，请立即致电 %(hotline)s。",
        en="Your surrender %(number)s has come in; CNY %(amount)s are to go back. Follow it under “My insurance”, or with the order number "
        "and this phone. If this was not you, call %(hotline)s at once.",
    )
    SURRENDER_ANSWERED = Wording(
        zh="您的退保申请 %(number)s 有了回复，请在“我的保险”查看；未注册的，凭订单号和本手机号查询。疑问请致电 %(hotline)s。",
        en="There is an answer to your surrender %(number)s: see “My insurance”, or find it with the order number and this phone. "
        "Questions: %(hotline)s.",
    )
    SURRENDERED = Wording(
        zh="您的退保 %(number)s 已办结，保单已终止，退款 %(amount)s 元已到账。疑问请致电 %(hotline)s。",
        en="Your surrender %(number)s is done: the policy has ended, and CNY %(amount)s are back with you. Questions: %(hotline)s.",
    )
    COVER_ENDED = Wording(
        zh="您作为被保险人的“%(product)s”已由投保人退保，自 %(day)s 起没有保障。疑问请致电 %(hotline)s。",
        en="“%(product)s”, in which you were insured, was given up by its policyholder: there is no cover from %(day)s on. Questions: "
        "%(hotline)s.",
    )
    TRAVELLERS_ENDING = Wording(
        zh="您保存的常用旅客中有人已很久未用，将于 %(day)s 删除。如仍需要，请登录后在“常用旅客”中续存；不需要则无需操作。",
        en="Some of the travellers you saved have not been used for long and will be erased on %(day)s. To keep them, sign in and renew "
        "them under “Saved travellers”; otherwise you need do nothing.",
    )
    # The one text with a link: its reader has no account here, and an article of the law says what they must be able to see.
    IN_A_CONTRACT = Wording(
        zh="有人将您列为“%(product)s”的被保险人。您的哪些信息由谁保存、用于什么，以及如何提出异议，见 %(link)s",
        en="Somebody named you as an insured person of “%(product)s”. What is held about you, by whom and why, and how to object: %(link)s",
    )

    @property
    def code(self) -> str:
        """The name carriers and the journal use."""
        return self.name.lower()

    @property
    def is_one_time(self) -> bool:
        return self.value.is_one_time

    def kept_text(self, values: Mapping[str, str], language: str) -> str:
        """The text as we keep it: a one-time code stands in no text of ours, or whoever may read messages could sign in with it."""
        return self.text({**values, "code": "······"} if self.is_one_time else values, language)

    def text(self, values: Mapping[str, str], language: str) -> str:
        """The whole text in one of our languages; Chinese unless English was asked for."""
        return (self.value.en if language == "en" else self.value.zh) % values
