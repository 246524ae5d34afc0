//! Accounts in CII that are no IBAN: the writer calls each account one.

use en16931::validation::rules::xrechnung::is_valid_iban_checksum;

const GROUP: &str = "ram:PayeePartyCreditorFinancialAccount";

/// Whether the number of an account is no IBAN.
pub(super) fn is_other(number: &str) -> bool {
    !is_valid_iban_checksum(number)
}

/// The XML in which accounts of the payee that are no IBAN are called by their other name, which stands last in its group.
pub(super) fn renamed(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len() + 64);
    let end = format!("</{GROUP}>\n");
    let mut other = None;
    let mut is_within = false;
    for line in xml.split_inclusive('\n') {
        let element = line.trim_start();
        if element.starts_with(&format!("<{GROUP}>")) {
            is_within = true;
        }
        let number = number(element).filter(|number| is_within && is_other(number));
        if let Some(number) = number {
            let indent = &line[..line.len() - element.len()];
            other = Some(format!(
                "{indent}<ram:ProprietaryID>{number}</ram:ProprietaryID>\n"
            ));
            continue;
        }
        if element == end {
            out.extend(other.take());
            is_within = false;
        }
        out.push_str(line);
    }
    out
}

/// The number in an element that says that it is an IBAN.
fn number(element: &str) -> Option<&str> {
    let number = element.strip_prefix("<ram:IBANID>")?;
    number.trim_end().strip_suffix("</ram:IBANID>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_accounts_of_the_payee_that_are_no_iban_change() {
        let group = |inside: &str| format!("  <{GROUP}>\n{inside}  </{GROUP}>\n");
        let iban = "    <ram:IBANID>DE89370400440532013000</ram:IBANID>\n";
        let other =
            "    <ram:IBANID>5050-1055</ram:IBANID>\n    <ram:AccountName>A</ram:AccountName>\n";
        let debited = "  <ram:IBANID>5050-1055</ram:IBANID>\n";
        let renamed_other = "    <ram:AccountName>A</ram:AccountName>\n    <ram:ProprietaryID>5050-1055</ram:ProprietaryID>\n";
        let xml = [group(iban), group(other), debited.to_owned()].concat();
        let expected = [group(iban), group(renamed_other), debited.to_owned()].concat();
        assert_eq!(renamed(&xml), expected);
    }
}
