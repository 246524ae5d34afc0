//! The audit: what it finds, what it repairs, and that it raises no false alarm.

mod cases;
mod commands;
mod damage;
mod drill;
mod e_invoices;
mod repairs;
pub(crate) mod report;
mod simulated;
pub(crate) mod stock;
mod work;
