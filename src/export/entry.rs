//! What is kept of an exported document until the end of the export: what index, totals and booking batches need, and where its
//! files are in the ZIP.

use invoice::amount::to_minor;
use invoice::model::{Invoice, TaxSubtotal};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::database::GeneratedPlace;
use crate::database::sales_invoice::Model;

/// An exported document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Key of its row.
    pub(super) id: String,
    /// When it was recorded.
    pub(super) generated_at: OffsetDateTime,
    /// Identity: platform, shop, order, package, sequence number.
    pub(super) identity: [String; 5],
    /// Its type, as on the wire.
    pub(super) document_type: String,
    /// Its number.
    pub(super) number: String,
    /// Its currency; empty where the row does not say.
    pub(super) currency: String,
    /// What its request says; none where that cannot be read.
    pub(super) content: Option<Content>,
    /// Its files in the ZIP: the PDF, then the XML.
    pub(super) files: Vec<Filed>,
    /// What is wrong with it.
    pub(super) faults: Vec<Fault>,
}

/// What the request of a document says. Amounts are in minor units; those of a credit note are negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    /// Issue date.
    pub(super) issue_date: Date,
    /// Name of the buyer.
    pub(super) buyer: Option<String>,
    /// VAT identifier of the buyer.
    pub(super) buyer_vat_id: Option<String>,
    /// Minor digits of the currency.
    pub(super) digits: u32,
    /// Total without tax.
    pub(super) net: i64,
    /// Total tax.
    pub(super) tax: i64,
    /// Total with tax.
    pub(super) gross: i64,
    /// The tax breakdown.
    pub(super) taxes: Vec<Subtotal>,
}

/// The tax subtotal of one category and rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Subtotal {
    /// Category (UNTDID 5305).
    pub(super) category: String,
    /// Rate in percent, without trailing zeros.
    pub(super) rate: String,
    /// Taxable amount.
    pub(super) net: i64,
    /// Tax.
    pub(super) tax: i64,
}

/// A file in the ZIP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Filed {
    /// Its name.
    pub(super) name: String,
    /// Its size in bytes.
    pub(super) size: u64,
    /// Its CRC-32.
    pub(super) crc: u32,
    /// Its SHA-256, hexadecimal.
    pub(super) sha256: String,
    /// Where its header begins.
    pub(super) offset: u64,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fault {
    /// The stable code.
    pub(super) code: String,
    /// The cause in words; never quotes the request.
    pub(super) detail: String,
}

impl Fault {
    /// What the codes of faults begin with that keep a document from being booked, and nothing else.
    const OF_BOOKINGS: &str = "datev_";

    pub(super) fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
        }
    }
}

impl Entry {
    /// An entry of a row, before its files are read.
    pub(super) fn of(record: &Model, content: Option<Content>) -> Self {
        let identity = [
            &record.platform,
            &record.shop_id,
            &record.order_id,
            &record.package_id,
            &record.sequence_number,
        ];
        let number = record.number.as_ref();
        Self {
            id: record.id.to_string(),
            generated_at: record.generated_at.unwrap_or(record.created_at),
            identity: identity.map(Clone::clone),
            document_type: record.document_type.clone().unwrap_or_default(),
            number: number.unwrap_or(&record.sequence_number).clone(),
            currency: record.currency.clone().unwrap_or_default(),
            content,
            files: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Whether a file or the amounts are missing. One that is only not booked is whole.
    pub(super) fn is_incomplete(&self) -> bool {
        let is_about_bookings = |fault: &Fault| fault.code.starts_with(Fault::OF_BOOKINGS);
        !self.faults.iter().all(is_about_bookings)
    }

    /// Its place in the order of the export.
    pub(super) fn place(&self) -> Option<GeneratedPlace> {
        Some(GeneratedPlace {
            generated_at: self.generated_at,
            id: Uuid::parse_str(&self.id).ok()?,
        })
    }

    /// The name of its files in the ZIP, without their extension: a number that no other document of the export has, so that
    /// names differ on file systems that ignore case, and what a person recognises of the document's number.
    pub(super) fn stem(&self, position: u64) -> String {
        /// Longer paths are a problem for some systems.
        const LONGEST: usize = 60;
        let plain = |c: char| {
            let is_plain = c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if is_plain { c } else { '_' }
        };
        let number: String = self.number.chars().take(LONGEST).map(plain).collect();
        let date = (self.content.as_ref()).map_or(self.generated_at.date(), |it| it.issue_date);
        let (year, month) = (date.year(), u8::from(date.month()));
        format!("documents/{year:04}-{month:02}/{position:06}_{number}")
    }

    /// The file with this extension.
    pub(super) fn file(&self, extension: &str) -> Option<&Filed> {
        let has_it = |file: &&Filed| {
            file.name
                .rsplit_once('.')
                .is_some_and(|(_, it)| it == extension)
        };
        self.files.iter().find(has_it)
    }
}

impl Content {
    /// What an invoice says; none where an amount has no place in 64 bits, which no valid one has.
    pub(super) fn of(invoice: &Invoice) -> Option<Self> {
        let digits = invoice.currency.exponent().map_or(0, u32::from);
        let is_negative = invoice.document_type.is_credit_note();
        let signed = |minor: i64| if is_negative { -minor } else { minor };
        let subtotal = |it: &TaxSubtotal| {
            Some(Subtotal {
                category: it.tax.category.code().to_owned(),
                rate: it.tax.rate.normalize().to_string(),
                net: signed(to_minor(it.taxable, digits)?),
                tax: signed(to_minor(it.amount, digits)?),
            })
        };
        let taxes = invoice.taxes.iter().map(subtotal).collect::<Option<_>>()?;
        let totals = &invoice.totals;
        let buyer = invoice.buyer.as_ref();
        Some(Self {
            issue_date: invoice.issue_date,
            buyer: buyer.map(|buyer| buyer.name.clone()),
            buyer_vat_id: buyer.and_then(|buyer| buyer.vat_id.clone()),
            digits,
            net: signed(to_minor(totals.net, digits)?),
            tax: signed(to_minor(totals.tax, digits)?),
            gross: signed(to_minor(totals.gross, digits)?),
            taxes,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use time::macros::{date, datetime};

    use super::*;

    /// An entry of a shop's invoice with these subtotals, in cents.
    pub(crate) fn entry(kind: &str, number: &str, taxes: &[(&str, &str, i64, i64)]) -> Entry {
        let taxes: Vec<Subtotal> = taxes
            .iter()
            .map(|(category, rate, net, tax)| Subtotal {
                category: (*category).to_owned(),
                rate: (*rate).to_owned(),
                net: *net,
                tax: *tax,
            })
            .collect();
        let net = taxes.iter().map(|it| it.net).sum();
        let tax = taxes.iter().map(|it| it.tax).sum();
        Entry {
            id: Uuid::nil().to_string(),
            generated_at: datetime!(2026-11-02 08:00 UTC),
            identity: ["tiktok", "shop", "order", "package", "1"].map(str::to_owned),
            document_type: kind.to_owned(),
            number: number.to_owned(),
            currency: "EUR".to_owned(),
            content: Some(Content {
                issue_date: date!(2026 - 10 - 31),
                buyer: Some("Buyer".to_owned()),
                buyer_vat_id: None,
                digits: 2,
                net,
                tax,
                gross: net + tax,
                taxes,
            }),
            files: Vec::new(),
            faults: Vec::new(),
        }
    }

    #[test]
    fn the_names_of_files_are_harmless_and_differ() {
        let mut entry = entry("invoice", "RE/2026 ü..\\=1", &[]);
        assert_eq!(entry.stem(7), "documents/2026-10/000007_RE_2026______1");
        entry.content = None;
        entry.number = "n".repeat(300);
        let stem = entry.stem(1_000_000);
        let number = "n".repeat(60);
        assert_eq!(stem, format!("documents/2026-11/1000000_{number}"));
    }

    #[test]
    fn an_entry_is_read_back_as_it_was_written() {
        let entry = entry("credit-note", "1", &[("S", "19", -100, -19)]);
        let text = serde_json::to_string(&entry).expect("JSON");
        let read: Entry = serde_json::from_str(&text).expect("an entry");
        assert_eq!(read, entry);
    }
}
