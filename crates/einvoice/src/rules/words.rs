//! What to do about a broken rule, in the words of a request.
//!
//! Rules that no accepted request can break have no words: `invoice::parse` refuses it, or the model cannot express it. The
//! rule's own text stands for them.

/// The words for a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    rule: &'static str,
    /// The field to change, with `*` for the index of the finding. Without a slash it is a field of the finding's group; empty
    /// where it is that of the finding's term.
    pub(super) place: &'static str,
    /// The message, to be read after the place. `{profile}` is the name of the profile.
    pub(super) message: &'static str,
}

/// The words for the rule with this name.
pub(super) fn of(rule: &str) -> Option<&'static Words> {
    WORDS.iter().find(|words| words.rule == rule)
}

const fn words(rule: &'static str, place: &'static str, message: &'static str) -> Words {
    Words {
        rule,
        place,
        message,
    }
}

#[rustfmt::skip]
const WORDS: &[Words] = &[
    // EN 16931-1.
    words("BR-33", "", "is missing, expected a reason or a reasonCode of the allowance"),
    words("BR-CO-21", "", "is missing, expected a reason or a reasonCode of the allowance"),
    words("BR-42", "", "is missing, expected a reason or a reasonCode of the allowance"),
    words("BR-CO-23", "", "is missing, expected a reason or a reasonCode of the allowance"),
    words("BR-50", "/payment/means/iban", "is missing, expected the account of the payee: its IBAN, or another number in account"),
    words("BR-61", "/payment/means/iban", "is missing, expected the account of the payee: its IBAN, or another number in account"),
    words("BR-B-01", "/buyer/address/country", "is not IT or the seller's is not, expected both in Italy: a line has the tax category B"),
    words("BR-CL-01", "/documentTypeCode", "is a code that {profile} does not have for this documentType, expected one that it has: leave it out for the usual one"),
    words("BR-CL-14", "", "is XK, expected 1A: EN 16931 has this code for Kosovo"),
    words("BR-CL-15", "", "is XK, expected 1A: EN 16931 has this code for Kosovo"),
    words("BR-CO-09", "", "begins with no code of a country, expected the code of ISO 3166-1 of the country that issued it (Greece has EL)"),
    words("BR-CO-25", "/dueDate", "is missing, expected the day on which the amount is due, or terms of payment in payment.terms"),
    words("BR-CO-26", "/seller/vatId", "is missing, expected the seller's vatId, legalId or one of its ids: programs of buyers know the seller by it"),

    // XRechnung.
    words("BR-DE-1", "/payment/means", "is missing, expected how to pay, for example code 58 with an iban: {profile} needs it"),
    words("BR-DE-3", "/seller/address/city", "is missing, expected the city of the seller: {profile} needs it"),
    words("BR-DE-4", "/seller/address/postalCode", "is missing, expected the postal code of the seller: {profile} needs it"),
    words("BR-DE-5", "/seller/contact/name", "is missing, expected the person or department of the seller's contact: {profile} needs it"),
    words("BR-DE-6", "/seller/contact/phone", "is missing, expected the telephone number of the seller's contact: {profile} needs it"),
    words("BR-DE-7", "/seller/contact/email", "is missing, expected the e-mail address of the seller's contact: {profile} needs it"),
    words("BR-DE-8", "/buyer/address/city", "is missing, expected the city of the buyer: {profile} needs it"),
    words("BR-DE-9", "/buyer/address/postalCode", "is missing, expected the postal code of the buyer: {profile} needs it"),
    words("BR-DE-10", "/delivery/address/city", "is missing, expected the city of the delivery: {profile} needs it with the address"),
    words("BR-DE-11", "/delivery/address/postalCode", "is missing, expected the postal code of the delivery: {profile} needs it with the address"),
    words("BR-DE-14", "/taxBreakdown", "has an entry without a rate, expected a rate, 0 where there is no tax: {profile} needs it"),
    words("BR-DE-15", "/references/buyerReference", "is missing, expected the reference that the buyer gave, for an authority its Leitweg-ID: {profile} needs it"),
    words("BR-DE-16", "/seller/vatId", "is missing, expected the seller's vatId or taxRegistrationId, or a taxRepresentative: {profile} needs one of them"),
    words("BR-DE-18", "/payment/terms", "has a line with # that is no term of early payment, expected #SKONTO#TAGE=14#PROZENT=2.00# on a line of its own, with two decimals, or no # at its beginning"),
    words("BR-DE-22", "/attachments/*/filename", "is the name of another file, expected a name of its own"),
    words("BR-DE-23-a", "/payment/means/iban", "is missing, expected the account of the payee with a code for a transfer (30, 58)"),
    words("BR-DE-24-a", "/payment/means/cardLast4", "is missing, expected the last four digits of the card with a code for a card (48, 54, 55)"),
    words("BR-DE-25-a", "/payment/means/mandate", "is missing, expected mandate, creditorId and debitedAccount with the code of a SEPA direct debit (59)"),
    words("BR-DE-30", "/payment/means/creditorId", "is missing, expected the creditor identifier with a direct debit: {profile} needs it"),
    words("BR-DE-31", "/payment/means/debitedAccount", "is missing, expected the account that is debited with a direct debit: {profile} needs it"),
    words("BR-TMP-2", "/attachments/*/url", "is no absolute URL, expected one that begins with its scheme, like https://"),

    // Peppol BIS Billing, part of which XRechnung has as well.
    words("PEPPOL-EN16931-CL008", "electronicAddress/scheme", "is a scheme that {profile} does not have, expected one of its list, like 9930 for a German VAT identifier or 0088 for a GLN"),
    words("PEPPOL-EN16931-P0100", "/documentType", "makes an invoice of a type that this process of {profile} does not have, expected another type: self-billed documents have a process of their own"),
    words("PEPPOL-EN16931-P0101", "/documentType", "makes a credit note of a type that this process of {profile} does not have, expected another type: self-billed documents have a process of their own"),
    words("PEPPOL-EN16931-P0104", "", "is VATEX-EU-G on another category, expected it on category G only"),
    words("PEPPOL-EN16931-P0105", "", "is VATEX-EU-O on another category, expected it on category O only"),
    words("PEPPOL-EN16931-P0106", "", "is VATEX-EU-IC on another category, expected it on category K only"),
    words("PEPPOL-EN16931-P0107", "", "is VATEX-EU-AE on another category, expected it on category AE only"),
    words("PEPPOL-EN16931-P0108", "", "is VATEX-EU-D on another category, expected it on category E only"),
    words("PEPPOL-EN16931-P0109", "", "is VATEX-EU-F on another category, expected it on category E only"),
    words("PEPPOL-EN16931-P0110", "", "is VATEX-EU-I on another category, expected it on category E only"),
    words("PEPPOL-EN16931-P0111", "", "is VATEX-EU-J on another category, expected it on category E only"),
    words("PEPPOL-EN16931-P0112", "/documentType", "makes an invoice of type 384 or 326, expected another type: {profile} has them only from a seller in Germany to a buyer in Germany"),
    words("PEPPOL-EN16931-R002", "/notes", "has several notes, expected one: {profile} has more only from a seller in Germany to a buyer in Germany; join their texts"),
    words("PEPPOL-EN16931-R003", "/references/buyerReference", "is missing, expected the reference that the buyer gave, or its purchase order in references.purchaseOrder: {profile} needs one of them"),
    words("PEPPOL-EN16931-R007", "/businessProcess", "is no process of {profile}, expected one like urn:fdc:peppol.eu:2017:poacc:billing:01:1.0: leave it out for this one"),
    words("PEPPOL-EN16931-R010", "/buyer/electronicAddress", "is missing, expected the electronic address of the buyer with its scheme, for example 9930 for a German VAT identifier: {profile} needs it"),
    words("PEPPOL-EN16931-R020", "/seller/electronicAddress", "is missing, expected the electronic address of the seller with its scheme, for example 9930 for a German VAT identifier: {profile} needs it"),
    words("PEPPOL-EN16931-R040", "", "differs from the share of the base amount; leave percent and base out, and give the amount"),
    words("PEPPOL-EN16931-R041", "", "is missing, expected the amount that the percentage is taken of: {profile} needs it with percent"),
    words("PEPPOL-EN16931-R046", "", "differs from the gross price without the discount"),
    words("PEPPOL-EN16931-R055", "/totals/taxInTaxCurrency", "has another sign than the total tax, expected the same"),
    words("PEPPOL-EN16931-R061", "/payment/means/mandate", "is missing, expected the reference of the mandate with a direct debit: {profile} needs it"),
    words("PEPPOL-EN16931-R110", "", "is before the period of the document, expected a day in it: {profile} needs it"),
    words("PEPPOL-EN16931-R111", "", "is behind the period of the document, expected a day in it: {profile} needs it"),
    words("PEPPOL-EN16931-R120", "", "differs from quantity and unit price with the allowances and charges of the line; give a price whose product needs no rounding"),

    // Identifiers of Peppol, by their scheme.
    words("PEPPOL-COMMON-R040", "", "is no GLN, expected digits with a right check digit for scheme 0088"),
    words("PEPPOL-COMMON-R041", "", "is no Norwegian organization number, expected nine digits with a right check digit for scheme 0192"),
    words("PEPPOL-COMMON-R042", "", "is no Danish CVR number, expected eight digits, or DK and eight digits, for scheme 0184"),
    words("PEPPOL-COMMON-R043", "", "is no Belgian enterprise number, expected ten digits with right check digits for scheme 0208"),
    words("PEPPOL-COMMON-R049", "", "is no Swedish organization number, expected ten digits with a right check digit for scheme 0007"),
    words("PEPPOL-COMMON-R050", "", "is no Australian Business Number, expected eleven digits with right check digits for scheme 0151"),
    words("PEPPOL-COMMON-R052", "", "is no Danish P number, expected ten digits for scheme 0096"),
    words("PEPPOL-COMMON-R053", "", "is no Danish SE number, expected DK and eight digits for scheme 0198"),
];

#[cfg(test)]
mod tests {
    use en16931::profiles;

    use super::*;

    #[test]
    fn each_rule_has_words_once_and_exists() {
        for (index, words) in WORDS.iter().enumerate() {
            let is_run = profiles::ALL
                .iter()
                .any(|profile| profile.check_ids().any(|id| id == words.rule));
            assert!(is_run, "{} is a rule of no profile", words.rule);
            let again = WORDS[index + 1..]
                .iter()
                .any(|other| other.rule == words.rule);
            assert!(!again, "{} has words twice", words.rule);
            let says = words.message.contains("expected") || words.message.starts_with("differs");
            assert!(says, "{} does not say what was expected", words.rule);
        }
    }
}
