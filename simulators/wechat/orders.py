"""The rules of orders and refunds, as strict as the vendor's."""

import json
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from simulators.cashier.books import CLOSED, OPEN, PAID, Books, Refund, Trade
from simulators.cashier.faults import Script
from simulators.wechat.signature import Rejected

BEIJING = ZoneInfo("Asia/Shanghai")
TYPES = {"native": "NATIVE", "h5": "MWEB"}
REFUND_SECONDS = 3
Json = dict[str, Any]

_NUMBER = re.compile(r"[0-9A-Za-z_-]{6,32}")
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_URL = re.compile(r"https?://[^?#\s]{1,240}")
_ORDER = {"appid", "mchid", "description", "out_trade_no", "time_expire", "notify_url", "amount"}
_ORDER_MORE = {"attach", "scene_info", "support_fapiao", "goods_tag", "detail", "settle_info"}
_REFUND = {"out_refund_no", "amount"}
_REFUND_MORE = {"out_trade_no", "transaction_id", "reason", "notify_url", "funds_account"}


class Orders:
    """One merchant's orders in the books."""

    def __init__(self, books: Books, script: Script) -> None:
        self.books, self.script = books, script

    def place(self, scene: str, body: Json, *, app: str, merchant: str) -> Trade:
        """A new order, or the same one again; other values under a known number are refused."""
        _only(body, _ORDER, _ORDER_MORE)
        if (body["appid"], body["mchid"]) != (app, merchant):
            raise Rejected(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
        fen = _amount(body["amount"], {"total", "currency"}, "total")
        expires_at = _moment(body["time_expire"])
        number = _fits(_NUMBER, body["out_trade_no"], "out_trade_no")
        _fits(_URL, body["notify_url"], "notify_url")
        if not isinstance(body["description"], str) or not 0 < len(body["description"]) <= 127:
            raise Rejected(400, "PARAM_ERROR", "description 长度错误")
        if scene == "h5" and not (body.get("scene_info") or {}).get("payer_client_ip"):
            raise Rejected(400, "PARAM_ERROR", "scene_info.payer_client_ip 不能为空")
        parameters = {name: value for name, value in body.items() if name != "scene_info"} | {"scene": scene}
        if known := self.books.trade(number):
            return _same(known, parameters)
        if expires_at <= self.books.now() + timedelta(seconds=1):
            raise Rejected(400, "PARAM_ERROR", "time_expire 必须晚于当前时间")
        return self.books.add_trade(
            number=number, reference=_reference("42"), scene=scene, description=body["description"], fen=fen, status=OPEN, app=app,
            expires_at=expires_at.astimezone(ZoneInfo("UTC")).isoformat(timespec="milliseconds"), notify_url=body["notify_url"],
            parameters=parameters,
        )  # fmt: skip

    def known(self, number: str) -> Trade:
        trade = self.books.trade(number)
        if trade is None:
            raise Rejected(404, "ORDER_NOT_EXIST", "订单不存在")
        return trade

    def close(self, number: str) -> None:
        trade = self.known(number)
        if trade.status == PAID:
            raise Rejected(400, "ORDERPAID", "该订单已支付")
        self.books.change_trade(number, status=CLOSED, closed_at=self.books.moment())

    def refund(self, body: Json) -> Refund:
        """Accept a refund: under a known number it is the same one, whatever else has happened."""
        _only(body, _REFUND, _REFUND_MORE)
        trade = self.known(str(body.get("out_trade_no", "")))
        number = _fits(_REFUND_NUMBER, body["out_refund_no"], "out_refund_no")
        fen = _amount(body["amount"], {"refund", "total", "currency"}, "refund")
        if len(str(body.get("reason", ""))) > 80:
            raise Rejected(400, "PARAM_ERROR", "reason 长度错误")
        if known := self.books.refund(number):
            if (known.trade, known.fen) != (trade.number, fen):
                raise Rejected(400, "INVALID_REQUEST", "退款请求号重复，但参数不一致")
            return known
        self._refuse_unless_possible(trade, fen, body["amount"]["total"])
        fault = self.script.next("refund_becomes", call="refund", number=trade.number)
        return self.books.add_refund(
            number=number, trade=trade.number, reference=_reference("50"), fen=fen, becomes=fault.word if fault else "SUCCESS",
            due_at=self.books.moment(REFUND_SECONDS), notify_url=str(body.get("notify_url") or trade.notify_url),
        )  # fmt: skip

    def known_refund(self, number: str) -> Refund:
        refund = self.books.refund(number)
        if refund is None:
            raise Rejected(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return refund

    def _refuse_unless_possible(self, trade: Trade, fen: int, total: object) -> None:
        if trade.status != PAID:
            raise Rejected(400, "INVALID_REQUEST", "订单未支付，不支持退款")
        if total != trade.fen:
            raise Rejected(400, "PARAM_ERROR", "订单金额与原订单不一致")
        earlier = [refund for refund in self.books.refunds(trade.number) if refund.status != "CLOSED"]
        if sum(refund.fen for refund in earlier) + fen > trade.fen:
            raise Rejected(400, "INVALID_REQUEST", "申请退款金额大于订单可退金额")
        if len(earlier) >= 50:
            raise Rejected(403, "RULE_LIMIT", "部分退款超过50次")
        now = self.books.now()
        if any(now - datetime.fromisoformat(refund.created_at) < timedelta(minutes=1) for refund in earlier):
            raise Rejected(429, "FREQUENCY_LIMITED", "同一订单多次退款间隔需在1分钟以上")
        if now - datetime.fromisoformat(trade.paid_at) > timedelta(days=365):
            raise Rejected(400, "INVALID_REQUEST", "订单已超过可退款期限")


def _same(known: Trade, parameters: Json) -> Trade:
    if known.status == PAID:
        raise Rejected(400, "ORDERPAID", "该订单已支付")
    if known.status == CLOSED:
        raise Rejected(400, "ORDER_CLOSED", "该订单已关闭")
    if json.loads(known.parameters) != json.loads(json.dumps(parameters)):
        raise Rejected(400, "INVALID_REQUEST", "请求重入时，参数与首次请求不一致")
    return known


def _only(body: Json, needed: set[str], more: set[str]) -> None:
    if missing := needed - body.keys():
        raise Rejected(400, "PARAM_ERROR", f"缺少参数 {sorted(missing)[0]}")
    if unknown := body.keys() - needed - more:
        raise Rejected(400, "PARAM_ERROR", f"不支持的参数 {sorted(unknown)[0]}")


def _amount(amount: object, names: set[str], wanted: str) -> int:
    if not isinstance(amount, dict) or set(amount) != names or amount["currency"] != "CNY":
        raise Rejected(400, "PARAM_ERROR", "amount 格式错误")
    fen = amount[wanted]
    if type(fen) is not int or fen < 1:
        raise Rejected(400, "PARAM_ERROR", f"amount.{wanted} 必须是正整数")
    return fen


def _fits(pattern: re.Pattern[str], value: object, name: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Rejected(400, "PARAM_ERROR", f"{name} 格式错误")
    return value


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
        assert moment.tzinfo
    except (ValueError, AssertionError):
        raise Rejected(400, "PARAM_ERROR", "time_expire 格式错误") from None
    return moment


def _reference(prefix: str) -> str:
    return prefix + f"{secrets.randbelow(10**26):026}"


def told(trade: Trade, *, merchant: str, refunds: list[Refund]) -> Json:
    """A trade as a query or a notice tells it."""
    base: Json = {"appid": trade.app, "mchid": merchant, "out_trade_no": trade.number}
    if trade.status != PAID:
        state, words = ("CLOSED", "已关闭") if trade.status == CLOSED else ("NOTPAY", "订单未支付")
        return base | {"trade_state": state, "trade_state_desc": words, "amount": {"total": trade.fen, "currency": "CNY"}}
    state, words = ("REFUND", "转入退款") if refunds else ("SUCCESS", "支付成功")
    return base | {
        "transaction_id": trade.reference,
        "trade_type": TYPES[trade.scene],
        "trade_state": state,
        "trade_state_desc": words,
        "bank_type": "OTHERS",
        "attach": "",
        "success_time": in_beijing(trade.paid_at),
        "payer": {"openid": f"o{trade.token}simulated"},
        "amount": {"total": trade.fen, "payer_total": trade.fen, "currency": trade.currency, "payer_currency": trade.currency},
    }


def told_refund(refund: Refund, trade: Trade) -> Json:
    """A refund as an answer tells it."""
    done = {"success_time": in_beijing(refund.done_at)} if refund.status == "SUCCESS" else {}
    return {
        "refund_id": refund.reference,
        "out_refund_no": refund.number,
        "transaction_id": trade.reference,
        "out_trade_no": trade.number,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": in_beijing(refund.created_at),
        "status": refund.status,
        "amount": {
            "total": trade.fen,
            "refund": refund.fen,
            "payer_total": trade.fen,
            "payer_refund": refund.fen,
            "settlement_total": trade.fen,
            "settlement_refund": refund.fen,
            "discount_refund": 0,
            "currency": "CNY",
        },
    } | done


def in_beijing(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(BEIJING).isoformat(timespec="seconds")
