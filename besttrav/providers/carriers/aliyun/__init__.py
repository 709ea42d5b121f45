"""Aliyun's short message service (dysmsapi, version 2017-05-25). It has no idempotency: a call that was not answered is unknown."""
