"""Insurers' dialects, one folder each. Settings name an insurer by its code, `insurer:<code>`, so one dialect serves several insurers."""
