//! Fields of a line that few lines have: references, identifiers and attributes of the item, and its gross price.

use rust_decimal::Decimal;

use super::fields::{Checker, Place, present};
use super::number::decimal;
use super::parties::{country, identifier};
use crate::FailureCode;
use crate::amount::{self, Limits};
use crate::code_lists::{ITEM_CLASSIFICATIONS, OBJECT_SCHEMES, REGISTERS};
use crate::limits;
use crate::model::{Attribute, Classification, GrossPrice, Identifier, LineDetails};
use crate::request::{AttributeField, ClassificationField, LineField};

/// The scheme of a GTIN in ISO/IEC 6523.
const GTIN_SCHEME: &str = "0160";

/// Takes the fields out of the request's line, and checks those that stand for themselves.
pub(super) fn details(check: &mut Checker, place: &Place, field: &mut LineField) -> LineDetails {
    // Each field below takes an allocation for its place, and nearly all lines have none of them.
    if has_none(field) {
        return LineDetails::default();
    }
    let reference_chars = limits::TEXT;
    LineDetails {
        note: check.lines(&place.field("note"), field.note.take(), limits::LINES),
        object: identifier(
            check,
            &place.field("object"),
            field.object.take(),
            (&OBJECT_SCHEMES, "BR-CL-07"),
        ),
        order_line: check.text(
            &place.field("orderLine"),
            field.order_line.take(),
            reference_chars,
        ),
        buyer_accounting: check.text(
            &place.field("buyerAccounting"),
            field.buyer_accounting.take(),
            reference_chars,
        ),
        buyer_sku: check.text(
            &place.field("buyerSku"),
            field.buyer_sku.take(),
            limits::TEXT,
        ),
        item_id: item_id(check, &place.field("itemId"), field),
        classifications: classifications(check, place, field.classifications.take()),
        origin: country(
            check,
            &place.field("origin"),
            field.origin.take(),
            "BR-CL-15",
        ),
        attributes: attributes(check, place, field.attributes.take()),
        gross_price: None,
        price_base_unit: None,
    }
}

fn has_none(field: &LineField) -> bool {
    let LineField {
        note,
        object,
        order_line,
        buyer_accounting,
        buyer_sku,
        item_id,
        classifications,
        origin,
        attributes,
        ..
    } = field;
    let texts = [note, order_line, buyer_accounting, buyer_sku, origin];
    texts.into_iter().all(Option::is_none)
        && [object, item_id].into_iter().all(Option::is_none)
        && classifications.is_none()
        && attributes.is_none()
}

/// The item's identifier has a scheme. Beside a GTIN it can only be the same GTIN, since an item has one standard identifier.
fn item_id(check: &mut Checker, place: &Place, field: &mut LineField) -> Option<Identifier> {
    let id = identifier(check, place, field.item_id.take(), (&REGISTERS, "BR-CL-21"))?;
    if id.scheme.is_none() {
        let expected = "a code of ISO/IEC 6523 like 0160";
        check.missing(&place.field("scheme"), "BR-64", expected);
        return None;
    }
    let is_gtin = id.scheme.as_deref() == Some(GTIN_SCHEME);
    let other = present(field.gtin.as_deref())
        .is_some_and(|gtin| !is_gtin || gtin.trim() != id.value.trim());
    if other {
        let message = "differs from gtin, expected one of them, or the GTIN with scheme 0160: an item has one \
             standard identifier";
        check.report(FailureCode::FieldInvalid, place, None, message.into());
        return None;
    }
    Some(id)
}

fn classifications(
    check: &mut Checker,
    line: &Place,
    fields: Option<Vec<ClassificationField>>,
) -> Vec<Classification> {
    let place = line.field("classifications");
    let fields = check.items(&place, fields, 20).into_iter().enumerate();
    let classification = |(index, field): (usize, ClassificationField)| {
        let place = place.item(index);
        let code = check.required_text(&place.field("code"), field.code, limits::TEXT, None);
        let scheme_place = place.field("scheme");
        let form = "a code of UNTDID 7143 like STI";
        let scheme = check.required(&scheme_place, field.scheme, "BR-65", form);
        let scheme = check.listed(&scheme_place, scheme, &ITEM_CLASSIFICATIONS, "BR-CL-13");
        let version = check.text(&place.field("version"), field.version, limits::TEXT);
        Some(Classification {
            code: code?,
            scheme: scheme?,
            version,
        })
    };
    fields.filter_map(classification).collect()
}

fn attributes(
    check: &mut Checker,
    line: &Place,
    fields: Option<Vec<AttributeField>>,
) -> Vec<Attribute> {
    let place = line.field("attributes");
    let fields = check.items(&place, fields, 100).into_iter().enumerate();
    let attribute = |(index, field): (usize, AttributeField)| {
        let place = place.item(index);
        let name = check.required_text(&place.field("name"), field.name, limits::TEXT, "BR-54");
        let value = check.required_text(&place.field("value"), field.value, limits::LINES, "BR-54");
        Some(Attribute {
            name: name?,
            value: value?,
        })
    };
    fields.filter_map(attribute).collect()
}

/// The unit of the price base quantity: that of the invoiced quantity, since they are divided.
pub(super) fn price_base_unit(
    check: &mut Checker,
    line: &Place,
    given: Option<String>,
    unit: &str,
) -> Option<String> {
    let given = present(given)?;
    if given != unit {
        let place = line.field("priceBaseUnit");
        let message = format!(
            "is {}, expected {unit}, the unit of the quantity",
            crate::problem::shown(&given)
        );
        let rule = Some("PEPPOL-EN16931-R130");
        check.report(FailureCode::FieldInvalid, &place, rule, message);
        return None;
    }
    Some(given)
}

/// The price before the discount. Each of the two is derived from the other and the unit price where it is absent.
pub(super) fn gross_price(
    check: &mut Checker,
    line: &Place,
    price: Option<&str>,
    discount: Option<&str>,
    unit_price: Decimal,
) -> Option<GrossPrice> {
    if price.is_none() && discount.is_none() {
        return None;
    }
    let code = FailureCode::AmountInvalid;
    let price_place = line.field("grossPrice");
    let price = match present(price) {
        Some(text) => Some(decimal(
            check,
            code,
            &price_place,
            text,
            amount::UNIT_PRICE,
        )?),
        None => None,
    };
    let signed = Limits {
        negative: true,
        ..amount::UNIT_PRICE
    };
    let discount = match present(discount) {
        Some(text) => Some(decimal(
            check,
            code,
            &line.field("priceDiscount"),
            text,
            signed,
        )?),
        None => None,
    };
    let (price, discount) = match (price, discount) {
        (None, None) => return None,
        (Some(price), None) => (price, price - unit_price),
        (None, Some(discount)) => (unit_price + discount, discount),
        (Some(price), Some(discount)) => (price, discount),
    };
    if price < Decimal::ZERO {
        let message = format!(
            "makes a gross price of {price}, expected 0 or more: unitPrice plus priceDiscount"
        );
        let place = line.field("priceDiscount");
        check.report(code, &place, Some("BR-28"), message);
        return None;
    }
    if price - discount != unit_price {
        let expected = (unit_price + discount).normalize();
        let message = format!("is {price}, expected {expected} from unitPrice and priceDiscount");
        let rule = Some("PEPPOL-EN16931-R046");
        check.report(FailureCode::TotalsMismatch, &price_place, rule, message);
        return None;
    }
    Some(GrossPrice {
        price: price.normalize(),
        discount: discount.normalize(),
    })
}
