//! Invoice lines: BG-25 to BG-32.

use en16931::invoice::{Code, InvoiceLine, Item, ItemAttribute, PriceDetails};
use en16931::{DocumentReference, Identifier, Quantity, UnitPriceAmount};
use invoice::model::{Classification, Line};
use rust_decimal::Decimal;

use super::adjustments::of_line;
use super::document::period;
use super::taxes::line_vat;
use crate::place::Place;
use crate::problems::Problems;

/// The scheme of a GTIN (ISO/IEC 6523).
const GTIN: &str = "0160";

pub(super) fn lines(problems: &mut Problems, lines: &[Line]) -> Vec<InvoiceLine> {
    let list = Place::root("lines");
    let lines = lines.iter().enumerate();
    lines
        .map(|(index, line)| self::line(problems, list.item(index), line))
        .collect()
}

fn line(problems: &mut Problems, place: Place<'_>, line: &Line) -> InvoiceLine {
    let details = &line.details;
    InvoiceLine {
        id: problems.text(place.field("id"), &line.id),
        note: problems.texts(place.field("note"), details.note.as_ref()),
        order_line_reference: problems
            .texts(place.field("orderLine"), details.order_line.as_ref())
            .map(DocumentReference::new),
        accounting_reference: problems.texts(
            place.field("buyerAccounting"),
            details.buyer_accounting.as_ref(),
        ),
        object_identifier: details
            .object
            .as_ref()
            .map(|id| problems.identifier(place.field("object"), id)),
        quantity: Quantity::new(line.quantity),
        unit_code: Code::new(&*line.unit),
        net_amount: problems.amount(place.field("netAmount"), "BR-DEC-23", line.net),
        period: line.period.map(period),
        allowances: of_line(problems, place, "allowances", &line.allowances),
        charges: of_line(problems, place, "charges", &line.charges),
        price: price(line),
        vat: line_vat(line.tax),
        item: item(problems, place, line),
    }
}

/// The price without tax. A base quantity of one is not written: it is what its absence means.
fn price(line: &Line) -> PriceDetails {
    let gross = line.details.gross_price;
    let unit = line.details.price_base_unit.as_deref();
    let is_one = line.price_base_quantity == Decimal::ONE && unit.is_none();
    let base_quantity = (!is_one).then(|| Quantity::new(line.price_base_quantity));
    PriceDetails {
        net_price: UnitPriceAmount::new(line.unit_price),
        price_discount: gross.map(|gross| UnitPriceAmount::new(gross.discount)),
        gross_price: gross.map(|gross| UnitPriceAmount::new(gross.price)),
        base_quantity,
        base_quantity_code: base_quantity.map(|_| Code::new(unit.unwrap_or(&line.unit))),
    }
}

fn item(problems: &mut Problems, place: Place<'_>, line: &Line) -> Item {
    let details = &line.details;
    let attributes = place.field("attributes");
    Item {
        name: Some(problems.text(place.field("name"), &line.name)),
        description: problems.texts(place.field("description"), line.description.as_ref()),
        seller_identifier: problems.texts(place.field("sku"), line.sku.as_ref()),
        buyer_identifier: problems.texts(place.field("buyerSku"), details.buyer_sku.as_ref()),
        standard_identifier: standard_id(problems, place, line),
        classification_identifiers: classifications(problems, place, &details.classifications),
        origin_country: details.origin.as_deref().map(Code::from),
        attributes: details
            .attributes
            .iter()
            .enumerate()
            .map(|(index, attribute)| {
                let place = attributes.item(index);
                ItemAttribute {
                    name: Some(problems.text(place.field("name"), &attribute.name)),
                    value: Some(problems.text(place.field("value"), &attribute.value)),
                }
            })
            .collect(),
    }
}

/// The standard identifier. A GTIN beside another one is the same number.
fn standard_id(problems: &mut Problems, place: Place<'_>, line: &Line) -> Option<Identifier> {
    let id = line.details.item_id.as_ref();
    let id = id.map(|id| problems.identifier(place.field("itemId"), id));
    id.or_else(|| {
        let gtin = line.gtin.as_ref()?;
        let gtin = problems.text(place.field("gtin"), gtin);
        Some(Identifier::schemed(gtin, GTIN))
    })
}

fn classifications(
    problems: &mut Problems,
    line: Place<'_>,
    classifications: &[Classification],
) -> Vec<Identifier> {
    let list = line.field("classifications");
    let classifications = classifications.iter().enumerate();
    let classification = |(index, classification): (usize, &Classification)| {
        let place = list.item(index);
        let code = problems.text(place.field("code"), &classification.code);
        let id = Identifier::schemed(code, &*classification.scheme);
        match &classification.version {
            Some(version) => id.with_scheme_version(problems.text(place.field("version"), version)),
            None => id,
        }
    };
    classifications.map(classification).collect()
}
