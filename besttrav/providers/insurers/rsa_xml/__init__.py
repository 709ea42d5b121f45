"""An XML gateway with RSA-SHA256 that takes first and decides later: GB18030, days as yyyymmdd, yuan with two decimals."""
