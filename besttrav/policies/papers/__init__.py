"""Our own papers: plain facts in, the bytes of a PDF out. They know no table, ask nothing and keep nothing."""
