//! docs/e-invoices.md.
