//! Settings of the bucket and of the objects in it: wrong ones, and those that contradict each other.

use super::settings::{assert_refused, complete};

#[tokio::test]
async fn a_wrong_setting_of_the_bucket_ends_with_2_and_one_sentence_that_names_it() {
    for (variable, value) in [
        ("AWS_S3_BUCKET_NAME", "arn:aws:s3:::invoices"),
        (
            "AWS_S3_BUCKET_NAME",
            "arn:aws:s3::111122223333:accesspoint/a.mrap",
        ),
        ("AWS_USE_FIPS_ENDPOINT", "yes"),
        ("S3_REQUESTER_PAYS", "yes"),
        ("S3_PUBLIC_ENDPOINT_URL", "documents.example.com"),
        ("S3_ENCRYPTION", "AES128"),
        ("S3_KMS_KEY_ID", "my key"),
        ("S3_TAGS", "department"),
        ("S3_TAGS", "kind={shopId}"),
        ("S3_TAGS", "a=b,a=c"),
        ("S3_CONTENT_DISPOSITION", "download"),
        ("S3_CACHE_CONTROL", "größe"),
        ("S3_OBJECT_LOCK", "LEGAL"),
        ("S3_OBJECT_LOCK_YEARS", "0"),
        ("S3_OBJECT_LOCK_YEARS", "bill=10"),
        // Each of these needs another setting.
        ("S3_KMS_KEY_ID", "alias/invoices"),
        ("S3_KMS_BUCKET_KEY", "true"),
        ("S3_OBJECT_LOCK", "COMPLIANCE"),
        ("S3_OBJECT_LOCK_YEARS", "10"),
    ] {
        let mut variables = complete();
        variables.push((variable, value.to_owned()));
        assert_refused(variable, value, &variables).await;
    }
}

#[tokio::test]
async fn settings_of_the_bucket_that_contradict_each_other_are_refused() {
    let access_point = "arn:aws:s3:eu-central-1:111122223333:accesspoint/invoices";
    for (variable, value, others) in [
        (
            "AWS_USE_FIPS_ENDPOINT",
            "true",
            [("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")].as_slice(),
        ),
        (
            "AWS_USE_DUALSTACK_ENDPOINT",
            "true",
            &[("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")],
        ),
        (
            "AWS_USE_FIPS_ENDPOINT",
            "true",
            &[("S3_PUBLIC_ENDPOINT_URL", "http://127.0.0.1:9")],
        ),
        (
            "S3_FORCE_PATH_STYLE",
            "true",
            &[("AWS_S3_BUCKET_NAME", access_point)],
        ),
        (
            "S3_KMS_KEY_ID",
            "alias/invoices",
            &[("S3_ENCRYPTION", "AES256")],
        ),
        (
            "S3_KMS_BUCKET_KEY",
            "true",
            &[("S3_ENCRYPTION", "aws:kms:dsse")],
        ),
        (
            "S3_OBJECT_LOCK_YEARS",
            "10,8",
            &[("S3_OBJECT_LOCK", "GOVERNANCE")],
        ),
        (
            "S3_OBJECT_LOCK_YEARS",
            "receipt=1,receipt=2",
            &[("S3_OBJECT_LOCK", "GOVERNANCE")],
        ),
    ] {
        let mut variables = complete();
        let others = others.iter().map(|(name, it)| (*name, (*it).to_owned()));
        variables.extend(others);
        variables.push((variable, value.to_owned()));
        assert_refused(variable, value, &variables).await;
    }
}
