//! Sellers registered in Greece.

use invoice::Invoice;
use invoice::model::{Attachment, Identifier, Party};

use crate::rules::rule::{Rule, at, has_digits, is_in, is_registered_in, rule, sells_in};

const NAME: &str = "is missing, expected the full name, as it is registered: Peppol needs it from sellers in Greece";
const ADDRESS: &str =
    "is no tax number, expected its nine digits with scheme 9933: Peppol needs it in Greece";
/// What the document is called that has the number of the tax authority.
const MARK: &str = "##M.AR.K##";
/// What the document is called at which the tax authority shows the invoice.
const LINK: &str = "##INVOICE|URL##";

pub(super) static RULES: [Rule; 17] = [
    rule(
        "GR-R-001-1",
        "has another form, expected six parts with | between them, like 094019245|21/11/2026|1|1.1|0|4711: Peppol needs it from \
         sellers in Greece",
        |invoice| at(is_greek(invoice) && parts(invoice).is_none(), "/number"),
    ),
    rule(
        "GR-R-001-2",
        "begins with another number, expected the tax number of the seller or of its tax representative: Peppol needs it from \
         sellers in Greece",
        |invoice| {
            let [number, ..] = parts(invoice)?;
            let representative = invoice.tax_representative.as_ref();
            let mut parties = [Some(&invoice.seller), representative]
                .into_iter()
                .flatten();
            let is_own = parties.any(|party| without_country(party) == Some(number));
            at(!is_tax_number(number) || !is_own, "/number")
        },
    ),
    rule(
        "GR-R-001-3",
        "has another date, expected the issue date as the second part, like 21/11/2026: Peppol needs it from sellers in Greece",
        |invoice| {
            let [_, date, ..] = parts(invoice)?;
            let issued = invoice.issue_date;
            let (day, month) = (issued.day(), u8::from(issued.month()));
            let expected = format!("{day:02}/{month:02}/{:04}", issued.year());
            at(date != expected, "/number")
        },
    ),
    rule(
        "GR-R-001-4",
        "has another third part, expected digits: Peppol needs it from sellers in Greece",
        |invoice| {
            let [_, _, branch, ..] = parts(invoice)?;
            let is_number = !branch.is_empty() && branch.bytes().all(|byte| byte.is_ascii_digit());
            at(!is_number, "/number")
        },
    ),
    rule(
        "GR-R-001-5",
        "has another fourth part, expected 1.1, 1.6, 2.1, 2.4, 5.1 or 5.2: Peppol has these kinds of documents from sellers in \
         Greece",
        |invoice| {
            let [_, _, _, kind, ..] = parts(invoice)?;
            let is_known = ["1.1", "1.6", "2.1", "2.4", "5.1", "5.2"].contains(&kind);
            at(!is_known, "/number")
        },
    ),
    rule(
        "GR-R-001-6",
        "has no fifth part, expected the series, or 0: Peppol needs it from sellers in Greece",
        |invoice| {
            let [_, _, _, _, series, _] = parts(invoice)?;
            at(series.is_empty(), "/number")
        },
    ),
    rule(
        "GR-R-001-7",
        "has no sixth part, expected the number within the series: Peppol needs it from sellers in Greece",
        |invoice| {
            let [_, _, _, _, _, number] = parts(invoice)?;
            at(number.is_empty(), "/number")
        },
    ),
    // In UBL, the name of a party is its trading name.
    rule("GR-R-002", NAME, |invoice| {
        at(
            is_greek(invoice) && invoice.seller.trading_name.is_none(),
            "/seller/tradingName",
        )
    }),
    rule(
        "GR-R-003",
        "has another form, expected EL and the nine digits of a tax number: Peppol needs it from sellers in Greece",
        |invoice| {
            let is_given = is_greek(invoice) && invoice.seller.vat_id.is_some();
            at(
                is_given && !has_greek_vat_id(&invoice.seller),
                "/seller/vatId",
            )
        },
    ),
    rule(
        "GR-R-004-1",
        "is missing or more than one, expected one document with the description ##M.AR.K## and the number of the tax authority as \
         its id: Peppol needs it from sellers in Greece",
        |invoice| {
            let is_broken = documents(invoice, MARK).count() != 1;
            at(issues_in_greece(invoice) && is_broken, "/attachments")
        },
    ),
    rule(
        "GR-R-004-2",
        "is no number of the tax authority, expected digits that do not begin with 0: Peppol needs it from sellers in Greece",
        |invoice| {
            let is_number = |id: &str| {
                id.bytes().all(|byte| byte.is_ascii_digit())
                    && !id.starts_with('0')
                    && !id.is_empty()
            };
            let mut marks = documents(invoice, MARK).filter(|_| issues_in_greece(invoice));
            let (index, _) = marks.find(|(_, document)| !is_number(&document.id))?;
            Some(format!("/attachments/{index}/id"))
        },
    ),
    rule("GR-R-005", NAME, |invoice| {
        let buyer = invoice.buyer.as_ref().filter(|_| is_greek(invoice))?;
        at(buyer.trading_name.is_none(), "/buyer/tradingName")
    }),
    rule(
        "GR-R-006",
        "is missing or has another form, expected EL and the nine digits of a tax number: Peppol needs it from buyers in Greece",
        |invoice| at(!has_greek_vat_id(greek_buyer(invoice)?), "/buyer/vatId"),
    ),
    rule(
        "GR-R-008-2",
        "is more than one document with the description ##INVOICE|URL##, expected one: Peppol needs it from sellers in Greece",
        |invoice| {
            let (index, _) = documents(invoice, LINK).nth(1)?;
            issues_in_greece(invoice).then(|| format!("/attachments/{index}/description"))
        },
    ),
    rule(
        "GR-R-008-3",
        "is missing, expected the address of the document ##INVOICE|URL##: Peppol needs it from sellers in Greece",
        |invoice| {
            let mut links = documents(invoice, LINK).filter(|_| is_greek(invoice));
            let (index, _) = links.find(|(_, document)| document.url.is_none())?;
            Some(format!("/attachments/{index}/url"))
        },
    ),
    rule("GR-R-009", ADDRESS, |invoice| {
        let seller = &invoice.seller;
        at(
            is_of_greece(seller) && has_other_address(seller),
            "/seller/electronicAddress",
        )
    }),
    rule("GR-R-010", ADDRESS, |invoice| {
        at(
            has_other_address(greek_buyer(invoice)?),
            "/buyer/electronicAddress",
        )
    }),
];

/// Whether the seller, or else its tax representative, is registered in Greece.
fn is_greek(invoice: &Invoice) -> bool {
    is_registered_in(invoice, "EL") || is_registered_in(invoice, "GR")
}

/// The same, and the address of the seller is there.
fn issues_in_greece(invoice: &Invoice) -> bool {
    is_greek(invoice) && sells_in(invoice, "GR")
}

/// A buyer in Greece of a seller in Greece.
fn greek_buyer(invoice: &Invoice) -> Option<&Party> {
    let buyer = invoice.buyer.as_ref().filter(|_| is_greek(invoice));
    buyer.filter(|buyer| is_of_greece(buyer))
}

/// Whether a party is of Greece: by its VAT identifier, or else by its address.
fn is_of_greece(party: &Party) -> bool {
    match &party.vat_id {
        Some(id) => id.starts_with("EL") || id.starts_with("GR"),
        None => is_in(party, "GR"),
    }
}

/// The parts of the number of a Greek invoice, where there are six.
fn parts(invoice: &Invoice) -> Option<[&str; 6]> {
    let parts: Vec<&str> = invoice.number.split('|').collect();
    parts.try_into().ok().filter(|_| is_greek(invoice))
}

/// The number in the VAT identifier of a party.
fn without_country(party: &Party) -> Option<&str> {
    party.vat_id.as_deref()?.get(2..)
}

fn has_greek_vat_id(party: &Party) -> bool {
    let id = party.vat_id.as_deref().unwrap_or_default();
    id.strip_prefix("EL").is_some_and(is_tax_number)
}

/// Whether the electronic address is no tax number. That it is missing is another rule.
fn has_other_address(party: &Party) -> bool {
    let is_other =
        |id: &Identifier| id.scheme.as_deref() != Some("9933") || !is_tax_number(&id.value);
    party.electronic_address.as_ref().is_some_and(is_other)
}

/// The documents with this description, and their places.
fn documents<'a>(
    invoice: &'a Invoice,
    description: &'a str,
) -> impl Iterator<Item = (usize, &'a Attachment)> {
    let documents = invoice.attachments.iter().enumerate();
    documents.filter(move |(_, document)| document.description.as_deref() == Some(description))
}

/// Nine digits, the last of which is a check digit modulo 11.
fn is_tax_number(number: &str) -> bool {
    let Some((last, others)) = number.as_bytes().split_last() else {
        return false;
    };
    let digits = others
        .iter()
        .map(|digit| u32::from(digit.wrapping_sub(b'0')));
    let sum = |sum: u32, digit: u32| 2 * (sum + digit);
    has_digits(number, 9) && digits.fold(0, sum) % 11 % 10 == u32::from(last.wrapping_sub(b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_numbers_have_a_check_digit() {
        assert!(is_tax_number("094019245") && is_tax_number("090000045"));
        for other in ["094019246", "94019245", "0940192450", "09401924X", ""] {
            assert!(!is_tax_number(other), "{other}");
        }
    }
}
