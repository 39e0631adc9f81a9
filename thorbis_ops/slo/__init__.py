"""Objectives, events counted against them, verdicts, and how fast a budget burns.

``objective``  what is promised, what was counted, and whether it was kept
``burn``       alert rules by burn rate, and those that could never fire
``report``     documents for scripts

Pure: neither clock nor database.
"""
