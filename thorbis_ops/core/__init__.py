"""Pure judgement: text to headers, rows to findings, runs to what is due. No clock, no I/O."""
