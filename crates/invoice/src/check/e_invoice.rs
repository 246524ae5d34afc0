//! The profile of the e-invoice. Whether the fields make a valid e-invoice of it is checked elsewhere, since that takes the
//! rules of the profile.

use super::fields::{Checker, Place};
use crate::FailureCode;
use crate::model::{DocumentType, EInvoiceProfile};
use crate::problem::shown;
use crate::request::EInvoiceField;

pub(super) fn profile(
    check: &mut Checker,
    field: Option<EInvoiceField>,
    document_type: Option<DocumentType>,
    specification: Option<&str>,
) -> Option<EInvoiceProfile> {
    let place = Place::root().field("eInvoice");
    let field = field?;
    let place_of_profile = place.field("profile");
    let expected = format!("one of {}", names());
    let name = check.required(&place_of_profile, field.profile, None, &expected)?;
    let code = FailureCode::EInvoiceProfileUnknown;
    let Some(profile) = EInvoiceProfile::from_name(&name) else {
        let message = format!("is {}, expected {expected}", shown(&name));
        check.report(code, &place_of_profile, None, message);
        return None;
    };
    if document_type == Some(DocumentType::Receipt) {
        let message = "is given, expected none: a receipt is no invoice of EN 16931, set documentType to invoice or leave \
                       eInvoice out";
        check.report(FailureCode::EInvoiceInvalid, &place, None, message.into());
        return None;
    }
    if let Some(given) = specification.filter(|given| *given != profile.specification()) {
        let message = format!(
            "is {}, expected {} as profile {name} has it: leave it out",
            shown(given),
            profile.specification()
        );
        let place = Place::root().field("specification");
        check.report(FailureCode::EInvoiceInvalid, &place, None, message);
        return None;
    }
    Some(profile)
}

fn names() -> String {
    EInvoiceProfile::NAMES.map(|(name, _)| name).join(", ")
}
