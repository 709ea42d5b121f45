"""The command line: `python -m simulators.wechat --port N --state DIR`."""

from simulators.cashier.command import run
from simulators.wechat.protocol import WeChat

if __name__ == "__main__":
    run("wechat", WeChat)
