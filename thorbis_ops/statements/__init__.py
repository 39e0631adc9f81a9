"""Statements from pg_stat_statements: what they did, how surely, and what they are for.

``counters``  what the server holds at one moment
``interval``  one entry between two moments, with the rounding of the arithmetic
``deltas``    all entries between two samples, across resets, evictions and crashes
``losses``    the calls that no counter shows any more
``bounds``    how many calls were slow: at least and at most
``share``     the same with an estimate
``parsing``   a text's tree
``survey``    one walk over it
``classify``  oltp, analytics, bulk or utility
``display``   what may be shown of a text
``facts``     what is kept of a text
``loads``     statements by the time they took
``report``    documents for scripts

Pure: neither clock nor database.
"""
