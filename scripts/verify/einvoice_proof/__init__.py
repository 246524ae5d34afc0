"""The independent proof of e-invoices: it uses published schemas, rules and libraries, and nothing of this program."""
