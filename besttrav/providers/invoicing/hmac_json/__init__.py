"""Invoices over the wire of the insurers' JSON interface: POST, signed with HMAC-SHA256 both ways, amounts in fen, the paper in Base64."""
