//! `validate`: without servers and without documents.

use serde_json::{Value, json};

use crate::harness::{Options, World, samples};

async fn world() -> World {
    World::new(Options::sqlite()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_lines_and_standard_input_are_validated_without_any_server() {
    let world = world().await;
    let good = samples::receipt().to_string();
    let mut bad = samples::invoice();
    bad["currency"] = json!("???");
    bad["issue_date"] = bad["issueDate"].take();
    std::fs::write(world.path("good.json"), &good).expect("written");
    std::fs::write(world.path("many.ndjson"), format!("{good}\n\n{bad}\n[]\n")).expect("written");
    // No server can be reached.
    let nowhere = [
        ("AMQP_URL", "amqp://127.0.0.1:1/%2f"),
        ("DATABASE_URL", "postgres://127.0.0.1:1/none"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1"),
    ];
    let validate = |arguments: &[&str]| world.program(arguments).envs(nowhere);

    let printed = validate(&["validate", "good.json", "-"]).input(good.clone());
    let printed = printed.run().await.succeeded();
    let identity = samples::identity(&samples::receipt());
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 2, "{printed}");
    assert!(
        lines[0].starts_with(&format!("good.json: valid: {identity}, ")),
        "{printed}"
    );
    assert!(lines[1].starts_with("-: valid: "), "{printed}");

    let refused = validate(&["validate", "good.json", "many.ndjson"])
        .run()
        .await;
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.stderr.contains("not valid: 2 of 4"), "{refused:#?}");
    for line in [
        "many.ndjson:1: valid: ",
        "many.ndjson:3: field_missing /issueDate: is missing or empty",
        "many.ndjson:3: currency_unknown /currency: is \"???\"",
        "many.ndjson:3: warning /issue_date: unknown field, which is ignored; issueDate?",
        "many.ndjson:4: field_type the body: is an array, expected an object",
    ] {
        assert!(
            refused.stdout.lines().any(|it| it.starts_with(line)),
            "{line}: {refused:#?}"
        );
    }
    let empty = validate(&["validate", "-"]).run().await;
    assert_eq!(empty.code, 1, "{empty:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_check_refuses_unknown_fields_and_json_is_for_programs() {
    let world = world().await;
    let mut request = samples::receipt();
    request["lines"][0]["netAmmount"] = json!("1.00");
    std::fs::write(world.path("a.json"), request.to_string()).expect("written");
    let json = world.program(&["validate", "--json", "a.json"]).run().await;
    let valid: Value = serde_json::from_str(&json.succeeded()).expect("JSON");
    assert_eq!(valid["file"], "a.json");
    assert_eq!(
        (&valid["line"], &valid["valid"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(valid["marketplace"], request_identity(&request));
    assert_eq!(valid["warnings"][0]["code"], "field_misspelt");

    let arguments = ["validate", "--json", "--strict", "a.json"];
    let refused = world.program(&arguments).run().await;
    assert_eq!(refused.code, 1, "{refused:#?}");
    let invalid: Value = serde_json::from_str(&refused.stdout).expect("JSON");
    assert_eq!(invalid["valid"], false);
    assert_eq!(
        invalid["errors"],
        json!([{
            "pointer": "/lines/0/netAmmount", "code": "field_unknown", "detail": "unknown field; netAmount?"
        }])
    );
    assert_eq!(invalid["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_an_envelope_is_told_its_content_type() {
    let world = world().await;
    let event = json!({ "specversion": "1.0", "type": "invoice.requested.v1", "id": "1", "source": "/", "data": samples::receipt() });
    let refused = world.program(&["validate", "-"]).input(event.to_string());
    let refused = refused.run().await;
    let hint = "looks like a CloudEvent; set the content type application/cloudevents+json";
    assert!(refused.stdout.contains(hint), "{refused:#?}");
    let arguments = [
        "validate",
        "-",
        "--content-type",
        "application/cloudevents+json",
    ];
    let opened = world.program(&arguments).input(event.to_string());
    opened.run().await.succeeded();
}

fn request_identity(request: &Value) -> Value {
    serde_json::to_value(samples::identity(request)).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_and_a_language_that_are_not_there_are_warned_of() {
    let world = world().await;
    for (field, value, pointer) in [
        ("template", json!({ "name": "fancy" }), "/template/name"),
        ("locale", json!("xx-YY"), "/locale"),
    ] {
        let mut request = samples::receipt();
        request[field] = value;
        let validate = world.program(&["validate", "-", "--json"]);
        let printed = validate.input(request.to_string()).run().await.succeeded();
        let printed: Value = serde_json::from_str(&printed).expect("JSON");
        let warnings = printed["warnings"].as_array().expect("a list");
        assert_eq!(warnings.len(), 1, "{printed}");
        assert_eq!(warnings[0]["code"], "template_unavailable", "{printed}");
        assert_eq!(warnings[0]["pointer"], pointer, "{printed}");
        // The place is not said twice.
        let detail = warnings[0]["detail"].as_str().expect("a text");
        assert!(
            detail.starts_with("the template has ") || detail.starts_with("no template has "),
            "{detail}"
        );
    }
}

/// `docs/first-request.md` has requests to copy.
#[tokio::test(flavor = "multi_thread")]
async fn the_requests_that_the_documentation_offers_are_valid() {
    let world = world().await;
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/first-request.md");
    let page = std::fs::read_to_string(page).expect("a page");
    let blocks = page.split("```json\n").skip(1);
    let requests: Vec<Value> = blocks
        .map(|block| {
            let (request, _) = block.split_once("```").expect("an end");
            serde_json::from_str(request).expect("JSON")
        })
        .collect();
    let kinds: Vec<&str> = requests
        .iter()
        .map(|it| it["documentType"].as_str().unwrap_or("receipt"))
        .collect();
    let expected = ["receipt", "receipt", "invoice", "invoice", "credit-note"];
    assert_eq!(kinds, expected);
    let lines: Vec<String> = requests.iter().map(ToString::to_string).collect();
    let validate = world.program(&["validate", "--strict", "--json", "-"]);
    let printed = validate.input(lines.join("\n")).run().await.succeeded();
    assert_eq!(printed.lines().count(), requests.len(), "{printed}");
    for line in printed.lines() {
        let valid: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(valid["warnings"], json!([]), "{line}");
    }
}
