"""The command line: `python -m simulators.alipay --port N --state DIR`."""

from simulators.alipay.protocol import Alipay
from simulators.cashier.command import run

if __name__ == "__main__":
    run("alipay", Alipay)
