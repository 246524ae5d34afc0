//! Rules of EN 16931 that concern several fields. They do not apply to receipts: marketplaces issue them for sellers of any
//! country, often without the data that the rules require. docs/rules.md lists all rules of the standard.

pub(super) mod exemptions;
pub(super) mod names;
pub(super) mod parties;
pub(super) mod payment;
