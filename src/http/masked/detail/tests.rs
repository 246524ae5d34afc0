use std::collections::BTreeSet;

use invoice::FailureCode;

use super::*;

/// What people are called, where they live and how they are reached, in the forms in which a text may have it; with the parts that
/// nobody may see.
const PERSONAL: &[(&str, &[&str])] = &[
    ("Ann Miller", &["Ann", "Miller"]),
    ("`Ann Miller`", &["Ann", "Miller"]),
    ("'Ann Miller'", &["Ann", "Miller"]),
    ("‘Ann Miller’", &["Ann", "Miller"]),
    ("“Ann Miller”", &["Ann", "Miller"]),
    ("\"the buyer\"", &["the buyer"]),
    ("\"a \\\" Ann", &["Ann"]),
    ("(Ann)", &["Ann"]),
    ("Ann,Miller;Ann", &["Ann", "Miller"]),
    ("ann miller", &["ann ", "miller"]),
    ("Jürgen Größ", &["rgen", "Gr"]),
    ("陳大文", &["陳", "大文"]),
    ("عمر", &["عمر"]),
    ("ann.miller@example.com", &["ann", "miller", "example"]),
    ("<ann@example.com>", &["ann", "example"]),
    ("+49 151 2345678", &["151", "2345678"]),
    ("0151/2345678", &["0151", "2345678"]),
    ("DE89370400440532013000", &["DE89", "3704"]),
    ("DE89 3704 0044 0532", &["DE89", "3704", "0532"]),
    ("06 12 34 56 78", &["06", "12", "34", "56", "78"]),
    ("06/12/34/56/78", &["06", "12", "34", "56", "78"]),
    ("06 - 12 - 34", &["06", "12", "34"]),
    ("(06) 12, 34; 56", &["06", "12", "34", "56"]),
    ("06 12 34 bytes", &["06", "12", "34"]),
    ("05/04/87", &["05", "04", "87"]),
    ("DK-12345678", &["12345678"]),
    ("SE-19870405-1234", &["1987", "1234"]),
    ("NO-12-34-56-78", &["12", "34", "56", "78"]),
    ("53111 Bonn", &["53111", "Bonn"]),
    ("Nelkenweg 12", &["Nelkenweg"]),
    ("1987-04-05", &["1987", "04-05"]),
    ("05.04.1987", &["1987"]),
    ("/home/ann/miller", &["ann", "miller"]),
    ("https://ann.example/miller", &["ann", "miller"]),
];

/// A detail of each code as the program, a template or a server writes it; `{}` is where a value of the request could stand.
fn detail_of(code: FailureCode) -> &'static str {
    use FailureCode as Code;
    match code {
        Code::RequestMalformed => {
            "the body: is not JSON, expected one object: expected value at line 3 column 7 {}"
        }
        Code::RequestTooLarge => "the body: has 2097153 bytes, expected at most 1048576 {}",
        Code::RequestTooDeep => "the body: is nested 129 deep, expected at most 64 {}",
        Code::EnvelopeInvalid => "/data: is missing or empty, expected the request {}",
        Code::EventTypeUnsupported => "/type: is {}, expected an event of version 1",
        Code::FieldMissing => "/buyer/name: is missing or empty, expected a text {} (BR-07)",
        Code::FieldType => "/buyer: is a string, expected an object {}",
        Code::FieldInvalid => "/buyer/contact/email: is {}, expected at most 255 characters",
        Code::FieldUnsupported => "/buyer/contact: has no place in an e-invoice, expected none: {}",
        Code::FieldUnknown => "/buyer/{}: unknown field; name?",
        Code::IdentityUnsafe => "/marketplace/orderId: contains {}, expected no slash",
        Code::AmountInvalid => "/buyer/vatId: is {}, expected a decimal string",
        Code::QuantityInvalid => "/lines/0/quantity: is 0, expected a quantity above 0 {}",
        Code::TaxInvalid => "/lines/0/tax/rate: is 19.00 percent, expected at most 100 {}",
        Code::CurrencyUnknown => "/currency: is \"XXX\", expected a currency of ISO 4217 {}",
        Code::CountryInvalid => "/buyer/address/country: is {}, expected a country",
        Code::DateInvalid => "/delivery/name: is {}, expected a date",
        Code::LocaleInvalid => "/locale: is {}, expected a language",
        Code::IbanInvalid => "/payment/means/iban: is {}, expected an IBAN of 15 to 34 characters",
        Code::LinesTooMany => "/lines: has 2001 lines, expected at most 2000 {}",
        Code::DocumentTypeUnsupported => "/documentType: is {}, expected one of invoice",
        Code::PaymentQrUnsupported => "/payment/means/qr: is true while {} is missing",
        Code::TotalsMismatch => {
            "/totals/gross: is 278.21, expected 278.20 from the line items (BR-CO-15); /buyer/name: {}"
        }
        Code::EInvoiceProfileUnknown => "/eInvoice/profile: is {}, expected one of them",
        Code::EInvoiceInvalid => {
            "/buyer/vatId: is {} (BR-CO-9); /buyer/name: {} (PEPPOL-EN16931-R010)"
        }
        Code::Conflict => {
            "another request was issued under this identity at 2026-11-29T12:00:00.000000Z; its document stays as it is {}"
        }
        Code::TemplateUnknown => "/template/name: no template has this name, expected one of {}",
        Code::TemplateVersionUnknown => {
            "/template/version: the template has no such version, expected one of {}"
        }
        Code::LocaleUnsupported => "/locale: the template has no texts for {}",
        Code::FontMissing => "/locale: locale {} needs a font",
        Code::GlyphMissing => "/buyer/name: no font has the character {}",
        Code::TemplateError => "invoice/main.typ:12:5: assertion failed: the buyer is {}",
        Code::ContentMismatch => "invoice/main.typ: /buyer/name: the page does not show {}",
        Code::EInvoiceEmbedFailed => "the PDF has no {}",
        Code::PagesTooMany => "the document has 301 pages, expected 300 at most {}",
        Code::RenderTimeout => {
            "rendering the document took longer than 30 s (RENDER_TIMEOUT_SECONDS), twice {}"
        }
        Code::RenderMemoryExceeded => {
            "rendering the document needed more than 512 MiB of memory {}"
        }
        Code::RendererCrashed => "the renderer process died on this document twice: signal 11; {}",
        Code::RendererStartFailed => "no renderer process could be started: {}",
        Code::StorageUnreachable => "object store unreachable: {}",
        Code::StorageFailed => "object store failed with status 503 {}",
        Code::StorageWriteInProgress => "another write to the same key is going on {}",
        Code::StorageNotFound => "there is no document under this key {}",
        Code::StorageBucketMissing => "{} does not exist",
        Code::StorageAccessDenied => "access to the object store denied ({})",
        Code::StorageClockWrong => "the object store refuses calls because of their time ({})",
        Code::StorageMisconfigured => "the object store cannot be used as it is set up ({})",
        Code::StorageRefused => "object store refused the call with status 400 ({})",
        Code::StorageObjectDamaged => "the object under this key is damaged {}",
        Code::StoragePresignFailed => "cannot create a presigned URL: {}",
        Code::DatabaseUrlInvalid => "DATABASE_URL is not a valid URL: {}",
        Code::DatabaseUnreachable => "database unreachable: {}",
        Code::DatabaseBusy => "database cannot do this now (40001): {}",
        Code::DatabaseClientError => "database client: {}",
        Code::DatabaseSchemaMissing => "the schema is missing or old ({})",
        Code::DatabaseEncodingUnsupported => "the database has the encoding {}",
        Code::DatabaseAccessDenied => "access to the database denied (28P01): {}",
        Code::DatabaseRefused => {
            "database refused the statement (23514): Failing row contains ({})"
        }
        Code::RecordLost => "the record disappeared right after it was written {}",
        Code::EventRefused => "the broker does not accept the event {}",
        Code::ConnectionLost => "delivered 3 times before; the worker lost its connection {}",
        Code::BrokerRightMissing => "the broker refuses the right {}",
        Code::CrashSuspect => "delivered 3 times before, and each time the worker died {}",
        Code::DeliveryLimit => "it was delivered more often than the queue allows {}",
        Code::Expired => "its time to live was over before a worker received it {}",
        Code::Rejected => "a consumer rejected it; queue {}, time no. 3",
        Code::Maxlen => "the queue was full; queue {}",
        Code::Unknown => "the message has no header with a reason {}",
    }
}

#[test]
fn no_detail_of_any_code_shows_personal_data_in_any_form() {
    let codes: BTreeSet<&str> = FailureCode::ALL.iter().map(|code| code.as_str()).collect();
    assert!(codes.len() > 60, "{codes:?}");
    for code in FailureCode::ALL {
        let sentence = detail_of(*code);
        assert!(sentence.contains("{}"), "{code}");
        for (value, secrets) in PERSONAL {
            let text = sentence.replace("{}", value);
            let pointer = sentence.split(": ").next().unwrap_or_default();
            // A field that is shown is shown with its numbers in the request, too.
            let is_number = |secret: &str| !secret.contains(char::is_alphabetic);
            let may_be_shown = |secret: &str| is_of_shown(pointer) && is_number(secret);
            for shown in [detail(&text), detail_at(pointer, &text)] {
                // What the sentence has itself is no secret.
                let own = sentence.replace("{}", "");
                for secret in secrets.iter().filter(|secret| !own.contains(**secret)) {
                    if may_be_shown(secret) {
                        continue;
                    }
                    assert!(!shown.contains(secret), "{code}: {text}: {shown}");
                }
                let is_all_shown = secrets.iter().all(|secret| may_be_shown(secret));
                assert!(
                    is_all_shown || shown.contains(MASK),
                    "{code}: {text}: {shown}"
                );
            }
        }
    }
}

#[test]
fn details_stay_readable() {
    for (text, expected) in [
        (
            "/totals/gross: is 278.21, expected 278.20 from the line items (BR-CO-15)",
            "/totals/gross: is 278.21, expected 278.20 from the line items (BR-CO-15)",
        ),
        (
            r#"/buyer/vatId: is "DE1", expected "XX" and a number"#,
            r#"/buyer/vatId: is "***", expected "***" and a number"#,
        ),
        (
            "/buyer/name: is 300 characters long, expected at most 255",
            "/buyer/name: is 300 characters long, expected at most 255",
        ),
        (
            "/payment/means/iban: is 1234567, expected an IBAN of 15 to 34 characters",
            "/payment/means/iban: is ***, expected an IBAN of 15 to 34 characters",
        ),
        (
            "/buyer/Ann/0/name: unknown field; /lines/2/name: is missing or empty",
            "/buyer/***/0/name: unknown field; /lines/2/name: is missing or empty",
        ),
        (
            "/lines/#/netAmount: is #.#, expected # (BR-CO-10)",
            "/lines/#/netAmount: is #.#, expected # (BR-CO-10)",
        ),
        (
            "invoice/main.typ:12:5: unknown variable: anna (hint: remove it)",
            "invoice/main.typ:12:5: unknown variable: *** (hint: remove it)",
        ),
        (
            "another request was issued under this identity at 2026-11-29T12:00:00Z; its document stays as it is",
            "another request was issued under this identity at 2026-11-29T12:00:00Z; its document stays as it is",
        ),
        (
            "object store failed with status 503",
            "object store failed with status 503",
        ),
        (
            "the schema is missing or old: run `invoice-worker migrate up` (Ann)",
            "the schema is missing or old: run `invoice-worker migrate up` (***)",
        ),
        (
            "PEPPOL-EN16931-P0100 and PEPPOL-COMMON-R043-1, GR-R-001-1",
            "PEPPOL-EN16931-P0100 and PEPPOL-COMMON-R043-1, GR-R-001-1",
        ),
        (r#"is "a \" b", expected c"#, r#"is "***", expected c"#),
        (r#"is "a \\", expected c"#, r#"is "***", expected c"#),
        (r#"is "cut off"#, r#"is "***""#),
        ("  two  spaces\nand lines ", "  two  spaces\nand lines "),
        ("", ""),
    ] {
        assert_eq!(detail(text), expected);
    }
    // Of a problem the field is known, and the text does not name it.
    for (pointer, expected) in [("/totals/gross", "is 12345"), ("/buyer/vatId", "is ***")] {
        assert_eq!(detail_at(pointer, "is 12345"), expected);
    }
}

#[test]
fn steps_of_pointers_that_are_no_fields_are_masked() {
    for (given, expected) in [
        ("", ""),
        ("/buyer/name", "/buyer/name"),
        ("/lines/12/tax/rate", "/lines/12/tax/rate"),
        ("/lines/#/tax/rate", "/lines/#/tax/rate"),
        ("/buyer/Ann Miller", "/buyer/***"),
        ("/Ann/name", "/***/name"),
        ("/lines/01511234567", "/lines/***"),
        ("/buyer/12/34/56", "/buyer/12/***/***"),
        ("Ann", "***"),
    ] {
        assert_eq!(pointer(given), expected, "{given}");
    }
}

/// A valid word of ours is found in the list, and the list has no names.
#[test]
fn the_words_are_those_of_messages() {
    for word in ["expected", "missing", "template", "percent", "IBAN"] {
        assert!(WORDS.contains(word), "{word}");
    }
    for name in ["Ann", "ann", "Bill", "Miller", "miller", "Smith", "Bonn"] {
        assert!(!WORDS.contains(name), "{name}");
    }
    assert!(FIELDS.contains("buyer") && FIELDS.contains("netAmount"));
}
