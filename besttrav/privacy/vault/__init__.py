"""The vault: who is who. A second database with subjects, files, sheets, wrapped data keys, keyed marks, epochs and erasures.

It never holds a contract, an amount or a ciphertext of business data; the record never holds a readable personal value or a hash of one.
A *sheet* is one person's page in one file: it has a data key of its own, and its id is what a row in the record points to.
"""
