"""What the simulated payment channels have in common: books, a page where a person pays, notices with their repetitions, faults.

No program by itself: `simulators.wechat` and `simulators.alipay` are, each with the protocol of its vendor.
"""
