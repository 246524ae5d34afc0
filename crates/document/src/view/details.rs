//! Fields of a line that few lines have.

use serde::Serialize;

use super::party::IdentifierView;
use crate::locale::Formats;
use invoice::model::{Attribute, Classification, GrossPrice, LineDetails};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DetailsView<'a> {
    note: Option<&'a str>,
    object: Option<IdentifierView<'a>>,
    order_line: Option<&'a str>,
    buyer_accounting: Option<&'a str>,
    buyer_sku: Option<&'a str>,
    item_id: Option<IdentifierView<'a>>,
    classifications: Vec<ClassificationView<'a>>,
    /// Name of the country of origin.
    origin: Option<String>,
    attributes: Vec<AttributeView<'a>>,
    gross_price: Option<String>,
    price_discount: Option<String>,
}

#[derive(Serialize)]
struct ClassificationView<'a> {
    code: &'a str,
    scheme: &'a str,
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct AttributeView<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> DetailsView<'a> {
    /// `None` where the line has none of them, so that an ordinary line costs no more.
    pub(super) fn new(details: &'a LineDetails, formats: &Formats) -> Option<Self> {
        if *details == LineDetails::default() {
            return None;
        }
        let identifier = |id: &'a Option<_>| id.as_ref().map(IdentifierView::new);
        let gross = details.gross_price;
        Some(Self {
            note: details.note.as_deref(),
            object: identifier(&details.object),
            order_line: details.order_line.as_deref(),
            buyer_accounting: details.buyer_accounting.as_deref(),
            buyer_sku: details.buyer_sku.as_deref(),
            item_id: identifier(&details.item_id),
            classifications: details
                .classifications
                .iter()
                .map(ClassificationView::new)
                .collect(),
            origin: details
                .origin
                .as_deref()
                .map(|code| formats.country(code).to_owned()),
            attributes: details.attributes.iter().map(AttributeView::new).collect(),
            gross_price: gross.map(|gross| formats.price(gross.price)),
            price_discount: price_discount(gross, formats),
        })
    }
}

/// The discount of a list price, unless it is zero.
pub(super) fn price_discount(gross: Option<GrossPrice>, formats: &Formats) -> Option<String> {
    let gross = gross.filter(|gross| !gross.discount.is_zero())?;
    Some(formats.price(gross.discount))
}

impl<'a> ClassificationView<'a> {
    fn new(classification: &'a Classification) -> Self {
        Self {
            code: &classification.code,
            scheme: &classification.scheme,
            version: classification.version.as_deref(),
        }
    }
}

impl<'a> AttributeView<'a> {
    fn new(attribute: &'a Attribute) -> Self {
        Self {
            name: &attribute.name,
            value: &attribute.value,
        }
    }
}
