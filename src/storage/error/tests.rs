use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::ErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::SdkBody;

use super::super::condition::Condition;
use super::*;
use crate::retry::Retryable as _;

/// An answer to a call, with this code.
fn refused(status: u16, code: &str) -> SdkError<GetObjectError> {
    let body = SdkBody::empty();
    let status = status.try_into().expect("a status");
    let meta = ErrorMetadata::builder().code(code).build();
    SdkError::service_error(
        GetObjectError::generic(meta),
        HttpResponse::new(status, body),
    )
}

#[test]
fn only_a_missing_right_to_read_concerns_one_document() {
    for (status, code, is_one) in [
        (403, "AccessDenied", true),
        (403, "", true),
        (403, "InvalidAccessKeyId", false),
        (403, "SignatureDoesNotMatch", false),
        (403, "ExpiredToken", false),
        (400, "ExpiredToken", false),
        (401, "", false),
    ] {
        let error = StorageError::from_comparison(refused(status, code));
        let found = matches!(error, StorageError::ReadDenied(_));
        assert_eq!(found, is_one, "{status} {code}: {error}");
        assert_eq!(error.is_systemic(), !is_one, "{status} {code}");
        assert_eq!(error.code(), FailureCode::StorageAccessDenied);
    }
}

#[test]
fn a_condition_that_is_refused_is_named() {
    for condition in [Condition::Absent, Condition::Unchanged("e")] {
        let header = condition.header();
        let error = StorageError::from_put(refused(501, "NotImplemented"), header);
        let words = format!("(501 NotImplemented), most likely {header}, without");
        assert!(error.to_string().contains(&words), "{error}");
    }
}

#[test]
fn an_answer_without_a_code_leaves_no_blank() {
    let denied = |code| StorageError::AccessDenied(answer(&403, code)).to_string();
    assert!(denied("").contains("denied (403): "), "{}", denied(""));
    assert!(denied("AccessDenied").contains("(403 AccessDenied)"));
    let (status, code) = (400, String::new());
    let refused = StorageError::Refused { status, code }.to_string();
    assert_eq!(refused, "object store refused the call with status 400");
}

#[test]
fn missing_keys_are_named_in_one_line_with_what_has_failed() {
    let head = "dispatch failure: other: no credentials found in chain. Attempted:\n  Environment: the credential \
                provider was not enabled: environment variable not set\n";
    let nothing = without_keys(head);
    assert!(
        nothing.starts_with("no keys: AWS_ACCESS_KEY_ID is not set"),
        "{nothing}"
    );
    assert!(!nothing.contains("Environment"), "{nothing}");
    let refused = without_keys(&format!(
        "{head}  WebIdentityToken: the token has expired\n"
    ));
    assert!(
        refused.ends_with(": WebIdentityToken: the token has expired"),
        "{refused}"
    );
    let other = without_keys(
        "dispatch failure: other: an error occurred while loading credentials: exit status: 1\nx",
    );
    assert_eq!(
        other,
        format!("{nothing}: an error occurred while loading credentials: exit status: 1 x")
    );
}
