//! Patches that would repair a group of dead letters, from the code, rule and pointer of its problem.
//!
//! A proposal says what is done, and where. What a request should have said is for a person to give, unless removing a field is
//! enough.

use invoice::FailureCode;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::pointed::VALUE;
use crate::contract::{RepairProblem, RepairProposal};

/// The problem of a group.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Its code.
    pub code: String,
    /// The rule that is broken, where a standard names one.
    pub rule: Option<String>,
    /// Where: a JSON pointer; `*` and `#` stand for any item of a list.
    pub pointer: Option<String>,
    /// The value that requests are to have, as JSON; what is no JSON is a text.
    pub value: Option<String>,
}

/// What is done at the place of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// Something is to be there: a member of an object is added, or replaced.
    Set,
    /// What is there is to be another value.
    Replace,
    /// It is not to be there, since it is optional, or computed where it is absent.
    Remove,
    /// This field is not to be there.
    RemoveField(&'static str),
}

/// What requests may lack for a rule of the e-invoice, in words.
const RULES: &[(&str, &str)] = &[
    ("BR-DE-5", "the name of the seller's contact"),
    ("BR-DE-6", "the telephone number of the seller's contact"),
    ("BR-DE-7", "the e-mail address of the seller's contact"),
    ("BR-DE-15", "the buyer reference, such as a Leitweg-ID"),
    (
        "PEPPOL-EN16931-R003",
        "the buyer reference or the order reference",
    ),
    ("PEPPOL-EN16931-R010", "the electronic address of the buyer"),
    (
        "PEPPOL-EN16931-R020",
        "the electronic address of the seller",
    ),
];

/// Proposals for a group, the most probable first. None where the cause leaves open what would be right.
pub fn proposals(asked: &Asked) -> Vec<RepairProposal> {
    let Some(code) = FailureCode::named(&asked.code) else {
        return Vec::new();
    };
    let remedies = remedies(code, asked.pointer.as_deref());
    let proposals = remedies.iter().map(|remedy| proposal(*remedy, asked));
    proposals.filter_map(Result::ok).collect()
}

/// What may help against a failure.
fn remedies(code: FailureCode, pointer: Option<&str>) -> &'static [Remedy] {
    let is_total = pointer.is_some_and(|pointer| pointer.starts_with("/totals"));
    match code {
        FailureCode::FieldMissing => &[Remedy::Set],
        FailureCode::FieldType
        | FailureCode::IdentityUnsafe
        | FailureCode::AmountInvalid
        | FailureCode::QuantityInvalid
        | FailureCode::TaxInvalid
        | FailureCode::CurrencyUnknown
        | FailureCode::CountryInvalid
        | FailureCode::DateInvalid
        | FailureCode::LocaleInvalid
        | FailureCode::LocaleUnsupported
        | FailureCode::DocumentTypeUnsupported
        | FailureCode::EInvoiceProfileUnknown
        | FailureCode::TemplateUnknown
        | FailureCode::GlyphMissing => &[Remedy::Replace],
        FailureCode::FieldInvalid | FailureCode::IbanInvalid => &[Remedy::Replace, Remedy::Remove],
        FailureCode::FieldUnsupported
        | FailureCode::FieldUnknown
        | FailureCode::PaymentQrUnsupported => &[Remedy::Remove],
        FailureCode::TemplateVersionUnknown => &[Remedy::Remove, Remedy::Replace],
        FailureCode::TotalsMismatch if is_total => {
            &[Remedy::Remove, Remedy::RemoveField("/totals")]
        }
        FailureCode::TotalsMismatch => &[Remedy::Remove],
        FailureCode::EInvoiceInvalid => &[Remedy::Set, Remedy::RemoveField("/eInvoice")],
        // No field of the request is the cause, or the cause leaves open what would be right.
        FailureCode::RequestMalformed
        | FailureCode::RequestTooLarge
        | FailureCode::RequestTooDeep
        | FailureCode::EnvelopeInvalid
        | FailureCode::EventTypeUnsupported
        | FailureCode::LinesTooMany
        | FailureCode::Conflict
        | FailureCode::FontMissing
        | FailureCode::TemplateError
        | FailureCode::ContentMismatch
        | FailureCode::EInvoiceEmbedFailed
        | FailureCode::PagesTooMany
        | FailureCode::RenderTimeout
        | FailureCode::RenderMemoryExceeded
        | FailureCode::RendererCrashed
        | FailureCode::RendererStartFailed
        | FailureCode::StorageUnreachable
        | FailureCode::StorageFailed
        | FailureCode::StorageWriteInProgress
        | FailureCode::StorageNotFound
        | FailureCode::StorageBucketMissing
        | FailureCode::StorageAccessDenied
        | FailureCode::StorageClockWrong
        | FailureCode::StorageMisconfigured
        | FailureCode::StorageRefused
        | FailureCode::StorageObjectDamaged
        | FailureCode::StoragePresignFailed
        | FailureCode::DatabaseUrlInvalid
        | FailureCode::DatabaseUnreachable
        | FailureCode::DatabaseBusy
        | FailureCode::DatabaseClientError
        | FailureCode::DatabaseSchemaMissing
        | FailureCode::DatabaseEncodingUnsupported
        | FailureCode::DatabaseAccessDenied
        | FailureCode::DatabaseRefused
        | FailureCode::RecordLost
        | FailureCode::EventRefused
        | FailureCode::ConnectionLost
        | FailureCode::CrashSuspect
        | FailureCode::DeliveryLimit
        | FailureCode::Expired
        | FailureCode::Rejected
        | FailureCode::Maxlen
        | FailureCode::BrokerRightMissing
        | FailureCode::Unknown => &[],
    }
}

fn proposal(remedy: Remedy, asked: &Asked) -> serde_json::Result<RepairProposal> {
    let path = match remedy {
        Remedy::RemoveField(field) => field.to_owned(),
        Remedy::Set | Remedy::Replace | Remedy::Remove => place(asked.pointer.as_deref()),
    };
    let given = asked.value.as_deref().map(value);
    let lacks_value = given.is_none();
    let value = given.unwrap_or_else(|| to_raw_value(VALUE))?;
    let (title, patch, needs_value) = match remedy {
        Remedy::Set => (
            format!("set {} to a value", shown(&path)),
            vec![operation("add", &path, Some(&value))?],
            true,
        ),
        Remedy::Replace => (
            format!("replace {} by another value", shown(&path)),
            vec![operation("replace", &path, Some(&value))?],
            true,
        ),
        Remedy::Remove | Remedy::RemoveField(_) => (
            format!("remove {}", shown(&path)),
            vec![operation("remove", &path, None)?],
            false,
        ),
    };
    let rule = asked.rule.as_deref();
    let meaning = RULES.iter().find(|(name, _)| Some(*name) == rule);
    let meaning = meaning.map_or("the value that the requests are to have", |(_, meaning)| {
        meaning
    });
    Ok(RepairProposal {
        title,
        patch: to_raw_value(&patch)?,
        value: (needs_value && lacks_value).then(|| meaning.to_owned()),
        problem: RepairProblem {
            code: Some(asked.code.clone()),
            rule: asked.rule.clone(),
        },
    })
}

/// The place that a patch names: that of the group where it is the same in each letter, otherwise that of each letter's own
/// problem.
fn place(pointer: Option<&str>) -> String {
    let is_item =
        |token: &str| token == "*" || token == "#" || token.bytes().all(|it| it.is_ascii_digit());
    match pointer {
        Some(pointer) if pointer.starts_with('/') && !pointer.split('/').skip(1).any(is_item) => {
            pointer.to_owned()
        }
        Some(_) | None => "{pointer}".to_owned(),
    }
}

fn shown(path: &str) -> &str {
    if path == "{pointer}" {
        "the field of each letter's problem"
    } else {
        path
    }
}

fn operation(op: &str, path: &str, value: Option<&RawValue>) -> serde_json::Result<Box<RawValue>> {
    match value {
        // The digits of a number stay as they were given.
        Some(value) => RawValue::from_string(format!(
            r#"{{"op":{},"path":{},"value":{}}}"#,
            Value::from(op),
            Value::from(path),
            value.get()
        )),
        None => to_raw_value(&json!({ "op": op, "path": path })),
    }
}

/// A value as it was given: JSON, or a text.
fn value(given: &str) -> serde_json::Result<Box<RawValue>> {
    serde_json::from_str(given).or_else(|_| to_raw_value(given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repairs::PointedPatch;

    fn proposed(code: &str, pointer: Option<&str>, value: Option<&str>) -> Vec<String> {
        let asked = Asked {
            code: code.to_owned(),
            rule: None,
            pointer: pointer.map(ToOwned::to_owned),
            value: value.map(ToOwned::to_owned),
        };
        let proposals = proposals(&asked);
        let is_complete = |proposal: &RepairProposal| proposal.value.is_none();
        for proposal in &proposals {
            let parsed = PointedPatch::parse(proposal.patch.get());
            assert_eq!(parsed.is_ok(), is_complete(proposal), "{proposal:?}");
        }
        let patches = proposals.iter().map(|it| it.patch.get().to_owned());
        patches.collect()
    }

    #[test]
    fn a_proposal_is_a_patch_at_the_place_of_the_problem() {
        for (code, pointer, value, expected) in [
            (
                "field_missing",
                Some("/buyer/name"),
                None,
                &[r#"[{"op":"add","path":"/buyer/name","value":"{value}"}]"#][..],
            ),
            (
                "currency_unknown",
                Some("/currency"),
                Some("EUR"),
                &[r#"[{"op":"replace","path":"/currency","value":"EUR"}]"#],
            ),
            (
                "tax_invalid",
                Some("/lines/3/taxRate"),
                Some("19.0"),
                &[r#"[{"op":"replace","path":"{pointer}","value":19.0}]"#],
            ),
            (
                "field_unknown",
                Some("/lines/*/x"),
                None,
                &[r#"[{"op":"remove","path":"{pointer}"}]"#],
            ),
            (
                "totals_mismatch",
                Some("/totals/gross"),
                None,
                &[
                    r#"[{"op":"remove","path":"/totals/gross"}]"#,
                    r#"[{"op":"remove","path":"/totals"}]"#,
                ],
            ),
            ("conflict", None, None, &[]),
            ("storage_failed", None, None, &[]),
            ("no_code", Some("/a"), None, &[]),
        ] {
            assert_eq!(proposed(code, pointer, value), expected, "{code}");
        }
    }

    #[test]
    fn a_rule_says_what_is_to_be_given() {
        let asked = Asked {
            code: "e_invoice_invalid".to_owned(),
            rule: Some("BR-DE-7".to_owned()),
            pointer: Some("/seller/contact/email".to_owned()),
            value: None,
        };
        let proposals = proposals(&asked);
        assert_eq!(
            proposals[0].value.as_deref(),
            Some("the e-mail address of the seller's contact")
        );
        assert_eq!(
            proposals[1].patch.get(),
            r#"[{"op":"remove","path":"/eInvoice"}]"#
        );
    }
}
