//! What is said about the whole document: BT-1 to BT-9, BT-20 to BT-24, the delivery and the period.

use en16931::invoice::{Code, Delivery, InvoiceNote, Period};
use en16931::{Date, Invoice as Model};
use invoice::Invoice;
use invoice::model::{self, EInvoiceProfile};

use super::parties::address;
use crate::place::Place;
use crate::problems::Problems;

/// The process of billing (BT-23) where a profile requires one and the request names none.
const BILLING: &str = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";

pub(super) fn document(
    problems: &mut Problems,
    invoice: &Invoice,
    profile: EInvoiceProfile,
    model: &mut Model,
) {
    let process = problems.texts(
        Place::root("businessProcess"),
        invoice.business_process.as_ref(),
    );
    model.business_process = process.or_else(|| default_process(profile).map(ToOwned::to_owned));
    model.specification_id = Some(profile.specification().to_owned());
    model.number = Some(problems.text(Place::root("number"), &invoice.number));
    model.type_code = invoice.type_code.map(Code::from);
    model.currency = Some(Code::new(invoice.currency.code()));
    model.issue_date = date(invoice.issue_date);
    model.due_date = invoice.due_date.and_then(date);
    model.vat_point_date = invoice.tax_point_date.and_then(date);
    model.vat_point_date_code = invoice.tax_point_event.map(|event| Code::new(event.code()));
    model.invoicing_period = invoice.period.map(period);
    model.delivery = invoice
        .delivery
        .as_ref()
        .and_then(|delivery| self::delivery(problems, delivery));
    let notes = Place::root("notes");
    let note = |(index, note): (usize, &model::Note)| InvoiceNote {
        subject_code: note.subject_code.as_deref().map(Code::from),
        note: Some(problems.text(notes.item(index).field("text"), &note.text)),
    };
    model.notes = invoice.notes.iter().enumerate().map(note).collect();
    let payment = invoice.payment.as_ref();
    let terms = payment.and_then(|payment| payment.terms.as_ref());
    let place = Place::root("payment");
    let terms = problems.texts(place.field("terms"), terms);
    model.payment_terms = terms.map(with_last_line_ended);
}

/// A day of the standard's own type. Years have four digits there, as in requests.
pub(super) fn date(date: time::Date) -> Option<Date> {
    Date::new(date.year(), u8::from(date.month()), date.day()).ok()
}

pub(super) fn period(period: model::Period) -> Period {
    Period {
        start: period.start.and_then(date),
        end: period.end.and_then(date),
    }
}

fn default_process(profile: EInvoiceProfile) -> Option<&'static str> {
    match profile {
        EInvoiceProfile::FacturXEn16931 => None,
        EInvoiceProfile::XRechnung30 | EInvoiceProfile::PeppolBis3 => Some(BILLING),
    }
}

/// The delivery; none where nothing of it is given.
fn delivery(problems: &mut Problems, delivery: &model::Delivery) -> Option<Delivery> {
    let place = Place::root("delivery");
    let delivery = Delivery {
        party_name: problems.texts(place.field("name"), delivery.name.as_ref()),
        location: delivery
            .location_id
            .as_ref()
            .map(|id| problems.identifier(place.field("locationId"), id)),
        date: delivery.date.and_then(date),
        address: delivery
            .address
            .as_ref()
            .map(|address| self::address(problems, place.field("address"), address)),
    };
    (delivery != Delivery::default()).then_some(delivery)
}

/// XRechnung, and Peppol in Germany, have terms of early payment as lines of their own in BT-20, the last of which must end too
/// (BR-DE-18).
fn with_last_line_ended(terms: String) -> String {
    let last = terms.lines().last().unwrap_or_default();
    if last.trim_start().starts_with("#SKONTO#") {
        terms + "\n"
    } else {
        terms
    }
}
