//! `schema`: the contracts that publishers check their requests against, and receivers events.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::Program;

/// The published file is what the program prints; `invoice-worker schema > docs/request.schema.json` renews it.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_schema_is_that_of_the_program() {
    let folder = TempDir::new().expect("a temporary folder");
    let printed = Program::new(folder.path(), &["schema"])
        .run()
        .await
        .succeeded();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/request.schema.json");
    let published = std::fs::read_to_string(file).expect("the published schema");
    assert!(
        printed == published,
        "docs/request.schema.json is out of date"
    );

    let schema: Value = serde_json::from_str(&printed).expect("JSON");
    let required: Vec<_> = schema["required"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!(
        required,
        ["issueDate", "currency", "marketplace", "seller", "lines"]
    );
}

/// `invoice-worker schema --event EVENT > docs/invoice-EVENT.schema.json` renews one. `real_messages_are_as_the_document_says` checks
/// real events against them.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_schemas_of_events_are_those_of_the_program() {
    let folder = TempDir::new().expect("a temporary folder");
    for event in ["generated", "failed"] {
        let printed = Program::new(folder.path(), &["schema", "--event", event]);
        let printed = printed.run().await.succeeded();
        let name = format!("docs/invoice-{event}.schema.json");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        let published = std::fs::read_to_string(file).expect("the published schema");
        assert!(printed == published, "{name} is out of date");
    }
}
