//! The code lists of EN 16931, in full. `scripts/tables/code-lists` makes the tables; the first line of each names the list and
//! its version, the other lines have a code each, in the order of their bytes.

mod table;

/// A list of codes.
#[derive(Debug)]
pub(crate) struct CodeList {
    /// The list with its version, as messages name it.
    pub(crate) name: &'static str,
    /// Codes of the list that most requests use, as messages name them; empty where no code is usual.
    pub(crate) usual: &'static str,
    codes: &'static [&'static str],
}

/// Declares lists with the files of their tables.
macro_rules! code_lists {
    ($($(#[doc = $doc:literal])+ $list:ident = $file:literal, usual $usual:literal;)+) => {
        $(
            $(#[doc = $doc])+
            pub(crate) static $list: CodeList = {
                const TABLE: &str = include_str!(concat!("code_lists/", $file, ".tsv"));
                const CODES: [&str; table::count(TABLE)] = table::codes(TABLE);
                CodeList { name: table::name(TABLE), usual: $usual, codes: &CODES }
            };
        )+

        #[cfg(test)]
        const ALL: &[&CodeList] = &[$(&$list,)+];
    };
}

code_lists! {
    /// Schemes of electronic addresses (BT-34-1, BT-49-1).
    ADDRESS_SCHEMES = "address-schemes", usual "EM (e-mail), 0088 (GLN) or 9930 (German VAT identifier)";
    /// Reasons of allowances (BT-98, BT-140).
    ALLOWANCE_REASONS = "allowance-reasons", usual "95 (discount)";
    /// Reasons of charges (BT-105, BT-145).
    CHARGE_REASONS = "charge-reasons", usual "FC (freight)";
    /// Countries, with `XI` for Northern Ireland and `1A` for Kosovo.
    COUNTRIES = "countries", usual "DE";
    /// Currencies (BT-5, BT-6).
    CURRENCIES = "currencies", usual "EUR";
    /// Types of credit notes (BT-3).
    CREDIT_NOTE_TYPES = "credit-note-types", usual "381";
    /// Reasons of tax exemptions (BT-121).
    EXEMPTIONS = "exemptions", usual "VATEX-EU-AE (reverse charge)";
    /// Types of invoices (BT-3).
    INVOICE_TYPES = "invoice-types", usual "380";
    /// Schemes of item classifications (BT-158-1).
    ITEM_CLASSIFICATIONS = "item-classifications", usual "HS (customs tariff)";
    /// Subjects of notes (BT-21).
    NOTE_SUBJECTS = "note-subjects", usual "AAI (general information)";
    /// Schemes of invoiced objects (BT-18-1, BT-128-1).
    OBJECT_SCHEMES = "object-schemes", usual "";
    /// Payment means (BT-81).
    PAYMENT_MEANS = "payment-means", usual "58 (SEPA credit transfer), 30 (credit transfer) or 48 (card)";
    /// Schemes of identifiers, where another list is not named.
    REGISTERS = "registers", usual "0088 (GLN) or 0060 (DUNS)";
    /// Units (BT-130, BT-150).
    UNITS = "units", usual "C62 (one), KGM (kilogram) or HUR (hour)";
}

/// Most codes that are suggested. Where more are near, none is likelier than another.
const MAX_SUGGESTIONS: usize = 3;

impl CodeList {
    /// The code, where the list has it.
    pub(crate) fn find(&self, code: &str) -> Option<&'static str> {
        let index = self.codes.binary_search(&code).ok()?;
        Some(self.codes[index])
    }

    /// Whether the list has the code.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.find(code).is_some()
    }

    /// Whether the text has the form of the list's codes: capital letters, digits and hyphens, as many as in a code of the
    /// list.
    pub(crate) fn has_form(&self, text: &str) -> bool {
        let lengths = || self.codes.iter().map(|code| code.len());
        let long_enough = lengths().min().is_some_and(|min| text.len() >= min);
        let short_enough = lengths().max().is_some_and(|max| text.len() <= max);
        let written = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        long_enough && short_enough && text.bytes().all(written)
    }

    /// The codes that were probably meant: those that differ only in the case of letters, or else in one character.
    pub(crate) fn near(&self, text: &str) -> Vec<&'static str> {
        let text = text.trim();
        let same = |code: &&&str| code.eq_ignore_ascii_case(text);
        if let Some(code) = self.codes.iter().find(same) {
            return vec![code];
        }
        let near = self.codes.iter().copied();
        let near = near.filter(|code| differs_in_one(code.as_bytes(), text.as_bytes()));
        // One more than may be suggested is enough to know that there are too many.
        let near: Vec<&str> = near.take(MAX_SUGGESTIONS + 1).collect();
        if near.len() > MAX_SUGGESTIONS {
            return Vec::new();
        }
        near
    }
}

/// Whether one character was exchanged, left out or added. The case of letters does not count.
fn differs_in_one(code: &[u8], text: &[u8]) -> bool {
    let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
    let start = code.iter().zip(text).take_while(same).count();
    let (code, text) = (&code[start..], &text[start..]);
    let (Some((_, after_code)), Some((_, after_text))) = (code.split_first(), text.split_first())
    else {
        return code.len() + text.len() == 1;
    };
    after_code.eq_ignore_ascii_case(after_text)
        || code.eq_ignore_ascii_case(after_text)
        || after_code.eq_ignore_ascii_case(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileType, TaxCategory, TaxPointEvent};

    #[test]
    fn each_list_has_its_codes_and_its_version() {
        for list in ALL {
            assert!(
                list.name.ends_with(" (EN 16931 code lists v17b)"),
                "{}",
                list.name
            );
            assert!(
                list.codes.iter().all(|code| list.has(code)),
                "{}",
                list.name
            );
            assert!(!list.has(""), "{}", list.name);
        }
        for (list, known, unknown) in [
            (&ADDRESS_SCHEMES, "EM", "XX"),
            (&ALLOWANCE_REASONS, "95", "96"),
            (&CHARGE_REASONS, "FC", "95"),
            (&COUNTRIES, "XI", "UK"),
            (&CURRENCIES, "EUR", "BGN"),
            (&CREDIT_NOTE_TYPES, "381", "380"),
            (&EXEMPTIONS, "VATEX-EU-132-1I", "VATEX-EU-1"),
            (&INVOICE_TYPES, "380", "381"),
            (&ITEM_CLASSIFICATIONS, "STI", "CPV"),
            (&OBJECT_SCHEMES, "ABT", "XXX"),
            (&NOTE_SUBJECTS, "CCO", "XXX"),
            (&PAYMENT_MEANS, "ZZZ", "71"),
            (&REGISTERS, "0204", "0001"),
            (&UNITS, "XPK", "PCE"),
        ] {
            assert!(list.has(known) && !list.has(unknown), "{}", list.name);
        }
    }

    #[test]
    fn usual_codes_are_codes_of_their_list() {
        for list in ALL {
            let named = list.usual.split([',', ' ', '(', ')']);
            let mut codes = named.filter(|word| list.has(word));
            let expected = list.usual.matches(" (").count();
            assert!(
                codes.by_ref().count() >= expected,
                "{}: {}",
                list.name,
                list.usual
            );
        }
    }

    #[test]
    fn closed_lists_are_those_of_the_types() {
        for (table, mut codes) in [
            (
                include_str!("code_lists/tax-categories.tsv"),
                TaxCategory::ALL.map(TaxCategory::code).to_vec(),
            ),
            (
                include_str!("code_lists/tax-points.tsv"),
                TaxPointEvent::ALL.map(TaxPointEvent::code).to_vec(),
            ),
            (
                include_str!("code_lists/attachment-types.tsv"),
                FileType::ALL.map(FileType::mime).to_vec(),
            ),
        ] {
            codes.sort_unstable();
            let listed: Vec<&str> = table
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect();
            assert_eq!(codes, listed);
        }
    }

    #[test]
    fn the_form_of_a_code_is_that_of_its_list() {
        for (list, well_formed, ill_formed) in [
            (&PAYMENT_MEANS, ["5", "71", "ZZZ"], ["cash", "", "5 "]),
            (
                &EXEMPTIONS,
                ["VATEX-EU-O", "VATEX-XX-1", "ABCDEFGHIJ"],
                ["vatex-eu-o", "VATEX", "VATEX_EU_O"],
            ),
            (&UNITS, ["PCS", "C62", "10"], ["pcs", "PIECES", "1"]),
        ] {
            assert!(
                well_formed.iter().all(|text| list.has_form(text)),
                "{}",
                list.name
            );
            assert!(
                !ill_formed.iter().any(|text| list.has_form(text)),
                "{}",
                list.name
            );
        }
    }

    #[test]
    fn a_code_that_differs_in_case_or_one_letter_is_suggested() {
        for (list, text, expected) in [
            (&UNITS, "c62", &["C62"][..]),
            (&UNITS, "kgm ", &["KGM"]),
            // Seventeen codes are as near.
            (&EXEMPTIONS, "VATEX-EU-132-1Z", &[]),
            (&EXEMPTIONS, "VATEX-EU79-C", &["VATEX-EU-79-C"]),
            (&EXEMPTIONS, "VATEX-EU-799-C", &["VATEX-EU-79-C"]),
            (&EXEMPTIONS, "VATEX-EU-78-C", &["VATEX-EU-79-C"]),
            (&REGISTERS, "HRB", &[]),
            (&ADDRESS_SCHEMES, "E", &["EM"]),
            (&PAYMENT_MEANS, "", &[]),
            (&UNITS, "XXX", &[]),
        ] {
            assert_eq!(list.near(text), expected, "{text}");
        }
    }
}
