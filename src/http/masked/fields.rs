//! The fields of a request that are shown to everyone.

/// What stands in the place of a masked value.
pub const MASK: &str = "***";

/// The fields of a request that are not about a person: `*` is one step, `**` at the end any number of them.
pub(super) const SHOWN: &[&str] = &[
    // The document
    "businessProcess",
    "currency",
    "documentType",
    "documentTypeCode",
    "dueDate",
    "eInvoice/*",
    "issueDate",
    "locale",
    "marketplace/*",
    "notes/*/subjectCode",
    "number",
    "period/*",
    "pricesIncludeTax",
    "specification",
    "taxCurrency",
    "taxPointDate",
    "taxPointDateCode",
    "template/*",
    // Amounts and taxes
    "allowances/**",
    "charges/**",
    "taxBreakdown/**",
    "totals/*",
    // The seller's company, and where everyone is
    "seller/name",
    "seller/tradingName",
    "*/address/country",
    "delivery/date",
    // Which kind of number it is
    "*/electronicAddress/scheme",
    "*/ids/*/scheme",
    "*/legalId/scheme",
    "*/locationId/scheme",
    "references/invoicedObject/scheme",
    // What was bought
    "lines/*/allowances/**",
    "lines/*/buyerSku",
    "lines/*/charges/**",
    "lines/*/classifications/**",
    "lines/*/description",
    "lines/*/grossPrice",
    "lines/*/gtin",
    "lines/*/id",
    "lines/*/itemId/*",
    "lines/*/name",
    "lines/*/netAmount",
    "lines/*/object/scheme",
    "lines/*/orderLine",
    "lines/*/origin",
    "lines/*/period/*",
    "lines/*/priceBaseQuantity",
    "lines/*/priceBaseUnit",
    "lines/*/priceDiscount",
    "lines/*/quantity",
    "lines/*/sku",
    "lines/*/tax/**",
    "lines/*/unit",
    "lines/*/unitPrice",
    // How it is paid, without accounts
    "payment/means/code",
    "payment/means/qr",
    "payment/means/text",
    "payment/furtherMeans/*/code",
    "payment/furtherMeans/*/qr",
    "payment/furtherMeans/*/text",
    // Other documents
    "references/despatchAdvice",
    "references/precedingInvoices/**",
    "references/purchaseOrder",
    "references/receivingAdvice",
    "references/salesOrder",
    "references/tender",
    "attachments/*/mimeType",
    "attachments/*/relationship",
];

/// Whether the field of this path is not about a person.
pub(super) fn is_shown(path: &[String]) -> bool {
    SHOWN.iter().any(|pattern| matches(pattern, path))
}

/// Whether a pattern is that of a path.
pub(super) fn matches(pattern: &str, path: &[String]) -> bool {
    let mut path = path.iter();
    for step in pattern.split('/') {
        match (step, path.next()) {
            ("**", found) => return found.is_some(),
            ("*", Some(_)) => {}
            (name, Some(found)) if name == found => {}
            (_, Some(_) | None) => return false,
        }
    }
    path.next().is_none()
}

/// What follows a quoted value. One that does not end was cut, and has the whole rest.
pub(super) fn after_quote(quoted: &str) -> &str {
    let mut is_escaped = false;
    for (at, letter) in quoted.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return &quoted[at + 1..],
            _ => {}
        }
    }
    ""
}

/// The steps of a JSON pointer. What stands for a pointer in a patch is a step, which no field has.
pub(super) fn steps(pointer: &str) -> Vec<String> {
    let is_whole = pointer.is_empty() || pointer.starts_with('/');
    let steps = pointer.split('/').skip(usize::from(is_whole));
    steps
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect()
}
