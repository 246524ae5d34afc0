//! What the document has to say about seller and buyer.

use super::super::fields::{Checker, Place};
use crate::model::Party;

/// BR-08 and BR-10: the addresses. BR-62 and BR-63: an electronic address has a scheme. A party that is `None` is absent, or
/// its problem was reported.
pub(crate) fn parties(check: &mut Checker, seller: Option<&Party>, buyer: Option<&Party>) {
    for (name, party, address_rule, scheme_rule) in [
        ("seller", seller, "BR-08", "BR-62"),
        ("buyer", buyer, "BR-10", "BR-63"),
    ] {
        let Some(party) = party else {
            continue;
        };
        let place = Place::root().field(name);
        if party.address.is_none() {
            let expected = format!("the postal address of the {name}, with its country at least");
            check.missing(&place.field("address"), address_rule, &expected);
        }
        let address = party.electronic_address.as_ref();
        if address.is_some_and(|address| address.scheme.is_none()) {
            let place = place.field("electronicAddress").field("scheme");
            let expected = "a code of the EAS list, for example EM for an address of e-mail";
            check.missing(&place, scheme_rule, expected);
        }
    }
}
