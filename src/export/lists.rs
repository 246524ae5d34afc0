//! The lists in the ZIP: `index.csv`, `totals.csv`, `errors.csv` and `SHA256SUMS`, and `INCOMPLETE.txt` of one that lacks something.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::csv;
use super::entry::{Content, Entry, Filed};
use super::journal::Complete;
use super::target::Reached;

/// Columns of `index.csv`.
const INDEX: [&str; 17] = [
    "number",
    "type",
    "issue_date",
    "platform",
    "shop_id",
    "order_id",
    "package_id",
    "sequence_number",
    "buyer",
    "currency",
    "net",
    "tax",
    "gross",
    "pdf_file",
    "pdf_sha256",
    "xml_file",
    "xml_sha256",
];

/// Columns of `totals.csv`.
const TOTALS: [&str; 7] = [
    "currency",
    "tax_category",
    "tax_rate",
    "documents",
    "net",
    "tax",
    "gross",
];

/// Columns of `errors.csv`.
const ERRORS: [&str; 8] = [
    "platform",
    "shop_id",
    "order_id",
    "package_id",
    "sequence_number",
    "number",
    "code",
    "detail",
];

/// Says for people who only look into the ZIP that it is not whole.
pub(super) fn incomplete(reached: Reached, out: &mut dyn Write) -> io::Result<()> {
    let Reached {
        documents,
        incomplete,
        ..
    } = reached;
    let lines = [
        format!(
            "This export is not complete: something is missing of {incomplete} of {documents} documents."
        ),
        "errors.csv lists each of them, with what is missing and why.".to_owned(),
        "The sums in totals.csv are without documents whose amounts are unknown.".to_owned(),
    ];
    lines.iter().try_for_each(|line| write!(out, "{line}\r\n"))
}

/// Writes the index: one row for each document.
pub(super) fn index(journal: &Complete, out: &mut dyn Write) -> io::Result<()> {
    let mut out = out;
    csv::begin(&mut out, &INDEX)?;
    journal.each(|entry| {
        let content = entry.content.as_ref();
        let amount = |minor: fn(&Content) -> i64| {
            let shown = content.map(|it| csv::amount(minor(it).into(), it.digits, '.'));
            Cow::Owned(shown.unwrap_or_default())
        };
        let date = content.map(|it| it.issue_date.to_string());
        let buyer = content.and_then(|it| it.buyer.as_deref());
        let (pdf, xml) = (entry.file("pdf"), entry.file("xml"));
        let name =
            |file: Option<&Filed>| Cow::Owned(file.map_or_else(String::new, |it| it.name.clone()));
        let hash = |file: Option<&Filed>| {
            Cow::Owned(file.map_or_else(String::new, |it| it.sha256.clone()))
        };
        let [platform, shop, order, package, sequence] = entry.identity.each_ref();
        let row: [Cow<'_, str>; INDEX.len()] = [
            csv::text(&entry.number),
            csv::text(&entry.document_type),
            date.unwrap_or_default().into(),
            csv::text(platform),
            csv::text(shop),
            csv::text(order),
            csv::text(package),
            csv::text(sequence),
            csv::text(buyer.unwrap_or_default()),
            csv::text(&entry.currency),
            amount(|it| it.net),
            amount(|it| it.tax),
            amount(|it| it.gross),
            name(pdf),
            hash(pdf),
            name(xml),
            hash(xml),
        ];
        csv::row(&mut out, &row)
    })
}

/// What is added up for one currency, tax category and rate.
#[derive(Default)]
struct Sum {
    documents: u64,
    net: i128,
    tax: i128,
    digits: u32,
}

/// Writes the totals: one row for each currency, tax category and rate. Credit notes count negative.
pub(super) fn totals(journal: &Complete, out: &mut dyn Write) -> io::Result<()> {
    let mut out = out;
    let mut sums: BTreeMap<(String, String, Rate), Sum> = BTreeMap::new();
    journal.each(|entry| {
        let Some(content) = &entry.content else {
            return Ok(());
        };
        for it in &content.taxes {
            let rate = Rate(it.rate.clone());
            let sum = sums.entry((entry.currency.clone(), it.category.clone(), rate));
            let sum = sum.or_default();
            sum.documents += 1;
            sum.net += i128::from(it.net);
            sum.tax += i128::from(it.tax);
            sum.digits = content.digits;
        }
        Ok(())
    })?;
    csv::begin(&mut out, &TOTALS)?;
    for ((currency, category, Rate(rate)), sum) in sums {
        let amount = |minor| csv::amount(minor, sum.digits, '.');
        let row = [
            currency,
            category,
            rate,
            sum.documents.to_string(),
            amount(sum.net),
            amount(sum.tax),
            amount(sum.net + sum.tax),
        ];
        csv::row(&mut out, &row)?;
    }
    Ok(())
}

/// A rate in percent, in the order of the numbers.
#[derive(PartialEq, Eq)]
struct Rate(String);

impl Rate {
    /// Whole part without leading zeros, and decimals: texts that compare as the numbers do.
    fn parts(&self) -> (usize, &str, &str) {
        let (whole, decimals) = self.0.split_once('.').unwrap_or((&self.0, ""));
        (whole.len(), whole, decimals)
    }
}

impl Ord for Rate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes what is wrong: one row for each problem of a document.
pub(super) fn errors(journal: &Complete, out: &mut dyn Write) -> io::Result<()> {
    let mut out = out;
    csv::begin(&mut out, &ERRORS)?;
    journal.each(|entry| {
        for fault in &entry.faults {
            let [platform, shop, order, package, sequence] = entry.identity.each_ref();
            let row: [Cow<'_, str>; ERRORS.len()] = [
                csv::text(platform),
                csv::text(shop),
                csv::text(order),
                csv::text(package),
                csv::text(sequence),
                csv::text(&entry.number),
                csv::text(&fault.code),
                csv::text(&fault.detail),
            ];
            csv::row(&mut out, &row)?;
        }
        Ok(())
    })
}

/// Writes the checksums of all files in the form that `sha256sum -c` reads: those of the documents, then those of the lists.
pub(super) fn sums(
    journal: &Complete,
    lists: &[(String, String)],
    out: &mut dyn Write,
) -> io::Result<()> {
    journal.each(|entry: &Entry| {
        for file in &entry.files {
            writeln!(out, "{}  {}", file.sha256, file.name)?;
        }
        Ok(())
    })?;
    for (name, sha256) in lists {
        writeln!(out, "{sha256}  {name}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::entry::Fault;
    use super::super::entry::tests::entry;
    use super::super::journal::Journal;
    use super::*;

    fn journal() -> Complete {
        let invoice = entry(
            "invoice",
            "RE-1",
            &[("S", "19", 10_000, 1_900), ("S", "7", 100, 7)],
        );
        let mut credit = entry("credit-note", "=1+1", &[("S", "19", -2_500, -475)]);
        let mut unread = entry("invoice", "RE-3", &[]);
        unread.content = None;
        unread.faults = vec![Fault::new(
            "document_missing",
            "there is no document, \"really\"",
        )];
        let mut yen = entry(
            "invoice",
            "RE-4",
            &[("E", "0", 500, 0), ("S", "5.5", 200, 11)],
        );
        yen.currency = "JPY".to_owned();
        if let Some(content) = &mut yen.content {
            content.digits = 0;
        }
        if let Some(content) = &mut credit.content {
            content.buyer = Some("+Müller, \"GmbH\"".to_owned());
        }
        credit.files = vec![Filed {
            name: "documents/2026-10/000002_1.pdf".to_owned(),
            size: 3,
            crc: 1,
            sha256: "ab".repeat(32),
            offset: 0,
        }];
        let mut journal = Journal::in_memory();
        journal
            .add(&[invoice, credit, unread, yen])
            .expect("memory");
        journal.complete().expect("memory")
    }

    fn text(write: impl Fn(&Complete, &mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&journal(), &mut out).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn totals_add_up_by_currency_category_and_rate() {
        insta::assert_snapshot!(text(totals).replace("\r\n", "\n").trim_start_matches('\u{feff}'), @r"
        currency,tax_category,tax_rate,documents,net,tax,gross
        EUR,S,7,1,1.00,0.07,1.07
        EUR,S,19,2,75.00,14.25,89.25
        JPY,E,0,1,500,0,500
        JPY,S,5.5,1,200,11,211
        ");
    }

    #[test]
    fn the_index_has_a_row_for_each_document() {
        let hash = "ab".repeat(32);
        let index = text(index).replace("\r\n", "\n").replace(&hash, "HASH");
        insta::assert_snapshot!(index.trim_start_matches('\u{feff}'), @r#"
        number,type,issue_date,platform,shop_id,order_id,package_id,sequence_number,buyer,currency,net,tax,gross,pdf_file,pdf_sha256,xml_file,xml_sha256
        RE-1,invoice,2026-10-31,tiktok,shop,order,package,1,Buyer,EUR,101.00,19.07,120.07,,,,
        '=1+1,credit-note,2026-10-31,tiktok,shop,order,package,1,"'+Müller, ""GmbH""",EUR,-25.00,-4.75,-29.75,documents/2026-10/000002_1.pdf,HASH,,
        RE-3,invoice,,tiktok,shop,order,package,1,,EUR,,,,,,,
        RE-4,invoice,2026-10-31,tiktok,shop,order,package,1,Buyer,JPY,700,11,711,,,,
        "#);
    }

    #[test]
    fn errors_and_checksums_are_listed() {
        let errors = text(errors);
        let expected = "tiktok,shop,order,package,1,RE-3,document_missing,\"there is no document, \"\"really\"\"\"\r\n";
        assert!(errors.ends_with(expected), "{errors}");
        let lists = [("index.csv".to_owned(), "cd".repeat(32))];
        let sums = text(|journal, out| sums(journal, &lists, out));
        let (first, second) = ("ab".repeat(32), "cd".repeat(32));
        let expected = format!("{first}  documents/2026-10/000002_1.pdf\n{second}  index.csv\n");
        assert_eq!(sums, expected);
    }
}
