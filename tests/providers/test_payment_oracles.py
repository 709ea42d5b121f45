"""Two libraries that others wrote read what we sign, and we read what they sign: were we both wrong, we would be wrong alike."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
from alipay import AliPay
from wechatpayv3 import WeChatPay as Oracle
from wechatpayv3 import WeChatPayType

from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.kernel.registry import provider
from besttrav.payments.models import number_of
from besttrav.payments.port import Channel, Prepay, Standing
from besttrav.providers.payments.alipay.signature import slice_of
from besttrav.providers.payments.wechat.signature import authorization
from tests.cashiers import Cashier


@pytest.fixture
def oracle(wechat: Cashier) -> Oracle:
    """The library as our merchant, led to the simulator."""
    (key_file,) = (wechat.state / "platform_keys").glob("*.pem")
    options = wechat.options
    made = Oracle(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=options["merchant"],
        private_key=_read(options["key"]),
        cert_serial_no=options["serial"],
        apiv3_key=_read(options["api_key"]),
        appid=options["app"],
        notify_url=options["notify_url"],
        public_key=key_file.read_text(),
        public_key_id=key_file.stem,
        timeout=(5, 15),
    )
    made._core._gate_way = wechat.address
    return made


@pytest.fixture
def alipay_oracle(alipay: Cashier) -> AliPay:
    options = alipay.options
    return AliPay(
        appid=options["app"],
        app_notify_url=options["notify_url"],
        app_private_key_string=_read(options["key"]),
        alipay_public_key_string=_read(options["platform_key"]),
        sign_type="RSA2",
    )


def order(scene: str) -> Prepay:
    end = (clock.now() + timedelta(minutes=30)).replace(microsecond=0)
    return Prepay(number_of(new_id(), kind="P"), scene, Money(12_345), "旅行保险 & more", end, "https://besttrav.example/back/", "")


def test_the_simulator_takes_what_the_library_signs_and_the_library_believes_its_answers(oracle: Oracle, wechat: Cashier) -> None:
    end = (clock.now() + timedelta(minutes=30)).astimezone(clock.BEIJING).isoformat(timespec="seconds")
    number = number_of(new_id(), kind="P")
    status, said = oracle.pay("旅行保险", number, {"total": 100, "currency": "CNY"}, time_expire=end)

    assert status == 200
    assert json.loads(said)["code_url"].startswith("weixin://")
    wechat.pay(number)
    channel = cast(Channel, provider("wechat"))
    assert channel.query(number).standing is Standing.PAID
    status, said = oracle.query(out_trade_no=number)
    assert json.loads(said)["trade_state"] == "SUCCESS"


def test_the_library_signs_as_we_do(oracle: Oracle, wechat: Cashier) -> None:
    from wechatpayv3.utils import build_authorization

    body = '{"a":1}'
    theirs = build_authorization("/v3/x?y=z", "POST", "1900000000", "D0", oracle._core._private_key, data=body, nonce_str="N")
    stamp = theirs.split('timestamp="')[1].split('"')[0]
    moment = clock.now().fromtimestamp(int(stamp), tz=clock.BEIJING)
    ours = authorization(
        merchant="1900000000", serial="D0", key=oracle._core._private_key, method="POST", target="/v3/x?y=z", body=body.encode(),
        moment=moment, nonce="N",
    )  # fmt: skip

    assert ours == theirs


def test_the_library_reads_the_notices_we_read(oracle: Oracle, wechat: Cashier) -> None:
    asked = order("native")
    cast(Channel, provider("wechat")).prepay(asked)
    wechat.pay(asked.number)
    letter = wechat.deliver()[0]
    theirs = oracle.callback(letter.headers, letter.body)
    ours = cast(Channel, provider("wechat")).read(letter.headers, letter.body)

    assert ours.is_genuine
    assert (ours.event, ours.number) == (theirs["id"], theirs["resource"]["out_trade_no"])


def test_a_notice_of_yesterday_that_the_library_still_believes_is_refused_by_us(oracle: Oracle, wechat: Cashier) -> None:
    asked = order("native")
    channel = cast(Channel, provider("wechat"))
    channel.prepay(asked)
    wechat.pay(asked.number)
    wechat.deliver()
    letter = wechat.forge(asked.number, "day_old")

    assert oracle.callback(letter.headers, letter.body)["resource"]["out_trade_no"] == asked.number
    assert not channel.read(letter.headers, letter.body).is_genuine


@pytest.mark.parametrize("scene", ["page", "wap"])
def test_the_other_library_verifies_the_pages_we_sign_and_signs_them_alike(alipay: Cashier, alipay_oracle: AliPay, scene: str) -> None:
    address = cast(Channel, provider("alipay")).prepay(order(scene)).address
    given = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    signed = alipay_oracle.sign_data({name: value for name, value in given.items() if name != "sign"})

    assert dict(parse_qsl(signed)) == given


def test_the_other_library_is_answered_by_the_simulator_and_believes_it(alipay: Cashier, alipay_oracle: AliPay) -> None:
    asked = order("page")
    channel = cast(Channel, provider("alipay"))
    alipay.open(channel.prepay(asked).address)
    alipay.pay(asked.number)
    alipay_oracle._gateway = f"{alipay.address}/gateway.do"
    said = alipay_oracle.api_alipay_trade_query(out_trade_no=asked.number)

    assert said["trade_status"] == "TRADE_SUCCESS"
    assert said["total_amount"] == "123.45"


def test_the_other_library_verifies_the_notices_we_verify(alipay: Cashier, alipay_oracle: AliPay) -> None:
    asked = order("page")
    channel = cast(Channel, provider("alipay"))
    alipay.open(channel.prepay(asked).address)
    alipay.pay(asked.number)
    letter = alipay.deliver()[0]
    given = dict(parse_qsl(letter.body.decode(), keep_blank_values=True))
    sign = given.pop("sign")

    assert alipay_oracle.verify(given, sign)
    assert channel.read(letter.headers, letter.body).is_genuine


def test_the_way_back_is_signed_as_the_library_expects(alipay: Cashier, alipay_oracle: AliPay) -> None:
    asked = order("page")
    page = alipay.open(cast(Channel, provider("alipay")).prepay(asked).address)
    status, place = alipay.press(page, "pay")
    given = dict(parse_qsl(urlsplit(place).query))
    sign = given.pop("sign")

    assert status == 303
    assert place.startswith(asked.return_url)
    assert alipay_oracle.verify(given, sign)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"x_response":{"a":"}"},"sign":"s"}', '{"a":"}"}'),
        ('{"x_response":{"a":"\\\\"},"sign":"s"}', '{"a":"\\\\"}'),
        ('{"x_response":{"a":"\\"}{"},"sign":"s"}', '{"a":"\\"}{"}'),
        ('{"sign":"s","x_response":{"b":{"c":[1,{}]} }}', '{"b":{"c":[1,{}]} }'),
        ('{"x_response":{"a":', ""),
        ('{"y_response":{}}', ""),
    ],
)
def test_the_signed_text_is_cut_out_as_it_stands(text: str, found: str) -> None:
    assert slice_of(text, "x_response") == found


def test_an_answer_without_the_signature_of_the_channel_is_no_answer(alipay: Cashier, unsigned_gateway: str) -> None:
    from besttrav.providers.payments.alipay.adapter import Alipay

    channel = Alipay(**(alipay.options | {"address": unsigned_gateway}))

    assert channel.query("BTP00000001").standing is Standing.UNKNOWN


@pytest.fixture
def unsigned_gateway(settings: Any) -> Iterator[str]:
    """A gateway that says of every trade that it was paid, and cannot prove to be Alipay."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests are quiet."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            trade = '{"code":"10000","out_trade_no":"BTP00000001","trade_status":"TRADE_SUCCESS","total_amount":"1.00"}'
            body = f'{{"alipay_trade_query_response":{trade},"sign":"AAAA"}}'.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.OUTGOING_ALLOWED = [*settings.OUTGOING_ALLOWED, f"127.0.0.1:{http.server_address[1]}"]
    yield f"http://127.0.0.1:{http.server_address[1]}"
    http.shutdown()
    thread.join()
    http.server_close()


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read().strip()
