"""WeChat Pay, interface version 3, for a merchant of its own: Native and H5. Everything is signed; notices are encrypted besides."""
