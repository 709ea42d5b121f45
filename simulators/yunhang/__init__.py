"""An invented insurer with an older interface: Yunhang (云航财产保险). XML in GB18030, RSA-SHA256, taken first and decided later.

Start it with `python -m simulators.yunhang --port 8412 --state var/simulators/yunhang`. It makes its key pair there at its first start
(`insurer_private.pem`, `insurer_public.pem`) and knows its broker by `broker_public.pem`.
"""
