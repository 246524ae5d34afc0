//! What is written about the API is what the program says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use invoice_worker::http::problem::Code;
use tempfile::TempDir;

use crate::harness::Program;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `invoice-worker openapi > docs/openapi.json` renews it.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_document_is_that_of_the_program() {
    let folder = TempDir::new().expect("a temporary folder");
    let printed = Program::new(folder.path(), &["openapi"])
        .run()
        .await
        .succeeded();
    assert!(
        printed == file("docs/openapi.json"),
        "docs/openapi.json is out of date"
    );
}

#[test]
fn the_page_lists_every_code_with_its_status() {
    let page = file("docs/api.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let rows = rows
        .filter_map(|(code, rest)| Some((code.to_owned(), rest.split(" |").next()?.parse().ok()?)));
    let listed: BTreeMap<String, u16> = rows.collect();
    let codes = Code::ALL
        .iter()
        .map(|code| (code.as_str().to_owned(), code.status().as_u16()));
    assert_eq!(listed, codes.collect());
}

/// Each route that the page or the page of those who move names is one of the document.
#[test]
fn the_pages_name_routes_that_exist() {
    let document: serde_json::Value =
        serde_json::from_str(&file("docs/openapi.json")).expect("JSON");
    let known: BTreeSet<&String> = document["paths"]
        .as_object()
        .expect("paths")
        .keys()
        .collect();
    let route = regex::Regex::new(r"`(?:GET|POST|PATCH|PUT|DELETE) (/[^`?]*)").expect("a pattern");
    for page in ["docs/api.md", "docs/migration.md"] {
        let text = file(page);
        let named: BTreeSet<String> = route
            .captures_iter(&text)
            .map(|found| found[1].to_owned())
            .collect();
        assert!(!named.is_empty(), "{page} names no route");
        for route in named {
            assert!(known.contains(&route), "{page} names {route}");
        }
    }
}

/// The actions that a policy allows, without conditions.
fn allowed(policy: &str) -> BTreeSet<String> {
    let policy: serde_json::Value = serde_json::from_str(&file(policy)).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements").iter();
    let allowed = statements.filter(|statement| statement["Effect"] == "Allow");
    allowed
        .map(|statement| statement["Action"].as_str().expect("one action").to_owned())
        .collect()
}

/// The policies have the rights for the calls that the program makes, and no other.
#[test]
fn the_policies_allow_what_the_program_calls() {
    let call =
        regex::Regex::new(r"\.((?:get|put|head|list|delete|create|copy)_(?:object|bucket)\w*)\(\)")
            .expect("a pattern");
    let sources = [
        "storage.rs",
        "storage/condition.rs",
        "storage/inventory.rs",
        "storage/lock.rs",
        "storage/own.rs",
        "storage/probe.rs",
        "storage/proof.rs",
    ];
    let code: String = sources
        .iter()
        .map(|name| file(&format!("src/{name}")))
        .collect();
    let needed = call
        .captures_iter(&code)
        .filter_map(|found| match &found[1] {
            "get_object" | "head_object" => Some("s3:GetObject"),
            "put_object" => Some("s3:PutObject"),
            "list_objects_v2" | "head_bucket" => Some("s3:ListBucket"),
            // For a demo or a test.
            "create_bucket" => None,
            // Of object lock: see below.
            "get_object_lock_configuration" | "get_object_retention" | "put_object_retention" => {
                None
            }
            other => panic!("{other} needs a right"),
        });
    let needed: BTreeSet<String> = needed.map(str::to_owned).collect();
    assert_eq!(allowed("deploy/aws/iam-policy-audit.json"), needed);
    let of = |actions: &[&str]| {
        actions
            .iter()
            .map(|action| (*action).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        allowed("deploy/aws/iam-policy.json"),
        of(&["s3:GetObject", "s3:PutObject"])
    );
    assert_eq!(
        allowed("deploy/aws/iam-policy-serve.json"),
        of(&["s3:GetObject"])
    );

    // What the options need beside these; tags and keys of KMS are part of other calls.
    assert_eq!(
        allowed("deploy/aws/iam-policy-options.json"),
        of(&[
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetObjectRetention",
            "s3:PutObjectRetention",
            "s3:PutObjectTagging",
        ])
    );
    let erasing = file("src/storage/erase.rs");
    let calls = call.captures_iter(&erasing).map(|found| match &found[1] {
        // Where an object store lists no versions, its objects are listed; and only with that right S3 says that there is none.
        "list_object_versions" => &["s3:ListBucketVersions", "s3:ListBucket"][..],
        // Of any version, with what locks it.
        "head_object" => &[
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:GetObjectRetention",
            "s3:GetObjectLegalHold",
        ],
        "delete_object" => &["s3:DeleteObject", "s3:DeleteObjectVersion"],
        other => panic!("{other} needs a right"),
    });
    let needed: Vec<&str> = calls.flatten().copied().collect();
    assert_eq!(allowed("deploy/aws/iam-policy-erase.json"), of(&needed));

    // No put without a condition: each is made by `Condition::of`, in one place for documents.
    let puts = code.matches(".put_object()").count();
    let conditional = code
        .matches(".of(self.options.of_own(self.client.put_object()))")
        .count()
        + code.matches("condition.of(self.put(object))").count();
    assert!(conditional > 1, "no put was found");
    assert_eq!(
        puts, conditional,
        "a put has no condition, or the policies need another one"
    );
}
