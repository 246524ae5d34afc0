"""Requests for e-invoices, which `scripts/verify/einvoices` renders and has checked. They are the same on every run."""
