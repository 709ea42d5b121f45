"""The outside world, as separate programs with their own books. The product reaches them over HTTP only and never imports them."""
