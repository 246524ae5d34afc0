//! Requests whose e-invoice would break a rule.

use invoice_worker::database::Status;
use serde_json::{Value, json};

use super::{generated, request, xml_in};
use crate::harness::{Options, World, eventually, samples};

/// A request that Factur-X takes and XRechnung does not, and the pointers of the fields to change.
fn incomplete(profile: &str, order: &str) -> (Value, [&'static str; 2]) {
    let mut request = request(profile, order);
    let contact = request["seller"]["contact"].as_object_mut();
    contact.expect("a contact").remove("email");
    let references = request["references"].as_object_mut();
    references.expect("references").remove("buyerReference");
    (
        request,
        ["/seller/contact/email", "/references/buyerReference"],
    )
}

fn pointers(errors: &Value) -> Vec<String> {
    let errors = errors.as_array().expect("a list").iter();
    let pointer = |error: &Value| error["pointer"].as_str().expect("a pointer").to_owned();
    let mut pointers: Vec<String> = errors.map(pointer).collect();
    pointers.sort();
    pointers
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_e_invoice_is_dead_lettered_with_all_problems_and_generated_once_it_is_edited() {
    let world = World::new(Options {
        variables: vec![("ARCHIVE_DEAD_LETTERS", "true".to_owned())],
        ..Options::default()
    })
    .await;
    let mut worker = world.worker(&[]).await;
    let (request, mut expected) = incomplete("xrechnung", "incomplete");
    expected.sort();
    let identity = samples::identity(&request);
    world.publish(request.to_string()).await;
    let events = world.wait_for_events(1).await;
    let event = events[0].json();
    assert_eq!(event["data"]["code"], "e_invoice_invalid", "{event:#}");
    assert_eq!(event["data"]["stage"], "validate");
    assert_eq!(pointers(&event["data"]["errors"]), expected, "{event:#}");
    for error in event["data"]["errors"].as_array().expect("a list") {
        assert!(
            error["rule"]
                .as_str()
                .is_some_and(|rule| rule.starts_with("BR-DE-")),
            "{error}"
        );
    }
    // Nothing was uploaded.
    assert_eq!(world.objects().await, Vec::<String>::new());
    let row = world.row(&identity).await.expect("a failed row");
    assert_eq!(row.error_code.as_deref(), Some("e_invoice_invalid"));

    // Half of it corrected is refused with the rest.
    let mut half = request.clone();
    half["seller"]["contact"]["email"] = json!("rechnung@nordlicht.example");
    let letters = async |arguments: &[&str], input: &Value| {
        let arguments = [
            &["dead-letters"],
            arguments,
            &["--reason", "it is complete"],
        ]
        .concat();
        world
            .program(&arguments)
            .input(input.to_string())
            .run()
            .await
    };
    eventually("the dead letter in the archive", async || {
        let shown = world.program(&["dead-letters", "show", "1"]).run().await;
        (shown.code == 0).then_some(()).ok_or(shown)
    })
    .await;
    let refused = letters(&["edit", "1", "-"], &half).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("/references/buyerReference"),
        "{refused:?}"
    );
    assert!(
        !refused.stderr.contains("/seller/contact/email"),
        "{refused:?}"
    );

    let mut whole = half;
    whole["references"]["buyerReference"] = json!("04011000-12345-34");
    letters(&["edit", "1", "-"], &whole).await.succeeded();
    letters(&["replay", "1"], &Value::Null).await.succeeded();
    let row = world.wait_for_document(&identity).await;
    xml_in(&world, &row).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_ways_in_say_the_same_of_an_e_invoice() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    let validate = async |request: &Value| {
        let run = world.program(&["validate", "--json", "-"]);
        let run = run.input(request.to_string()).run().await;
        let verdict: Value = serde_json::from_str(&run.stdout).expect("JSON");
        (run.code, verdict)
    };
    let (refused, mut expected) = incomplete("xrechnung", "one");
    expected.sort();
    let (code, verdict) = validate(&refused).await;
    assert_eq!((code, &verdict["valid"]), (1, &json!(false)));
    assert_eq!(pointers(&verdict["errors"]), expected, "{verdict:#}");
    for path in ["/v1/validate", "/v1/preview", "/v1/invoices"] {
        let problem = client.post(path, &refused).await;
        let problem = problem.is_problem(422, "e_invoice_invalid");
        assert_eq!(problem["errors"], verdict["errors"], "{path}");
    }
    // The same request is a valid Factur-X.
    let (accepted, _) = incomplete("factur-x-en16931", "one");
    let (code, verdict) = validate(&accepted).await;
    assert_eq!(
        (code, &verdict["eInvoice"]),
        (0, &json!("factur-x-en16931")),
        "{verdict:#}"
    );
    let answer = client.post("/v1/validate", &accepted).await.is(200);
    assert_eq!(answer["eInvoice"], "factur-x-en16931");
    assert_eq!(answer["requestDigest"], verdict["requestDigest"]);
    // Nothing was published.
    world.assert_settled(0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_of_the_fields_and_of_the_e_invoice_are_reported_together() {
    let world = World::new(Options::sqlite()).await;
    let (mut request, _) = incomplete("xrechnung", "both");
    request["totals"]["gross"] = json!("278.21");
    let run = world.program(&["validate", "--json", "-"]);
    let run = run.input(request.to_string()).run().await;
    let verdict: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let expected = [
        "/references/buyerReference",
        "/seller/contact/email",
        "/totals/gross",
    ];
    assert_eq!(pointers(&verdict["errors"]), expected, "{verdict:#}");
    assert_eq!(verdict["errors"][0]["code"], "totals_mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_and_an_unknown_profile_are_refused_with_what_there_is() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let receipt = samples::with_e_invoice(samples::receipt(), "factur-x-en16931");
    let unknown = request("zugferd-9", "unknown");
    for (request, code, words) in [
        (&receipt, "e_invoice_invalid", "a receipt"),
        (
            &unknown,
            "e_invoice_profile_unknown",
            "factur-x-en16931, xrechnung",
        ),
    ] {
        world.publish(request.to_string()).await;
        let identity = samples::identity(request);
        let row = eventually("a failed row", async || {
            world.row(&identity).await.ok_or(())
        })
        .await;
        assert_eq!(
            (row.status, row.error_code.as_deref()),
            (Status::Failed, Some(code))
        );
        let detail = row.error_detail.expect("a reason");
        assert!(detail.contains(words), "{detail}");
    }
    worker.stop().await;
    world.assert_settled(0, 2).await;
}

/// What only XML forbids or what only a profile cannot hold is found before anything is rendered.
#[tokio::test(flavor = "multi_thread")]
async fn a_currency_with_three_decimals_is_refused_and_one_without_any_is_not() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let mut request = request("factur-x-en16931", "decimals");
    for member in ["totals", "taxBreakdown"] {
        request.as_object_mut().expect("an object").remove(member);
    }
    request["payment"] = json!({ "terms": "30 days" });
    for line in request["lines"].as_array_mut().expect("lines") {
        line["unitPrice"] = json!("18");
        line.as_object_mut().expect("a line").remove("netAmount");
    }
    let mut yen = request.clone();
    yen["currency"] = json!("JPY");
    let row = generated(&world, &yen).await;
    xml_in(&world, &row).await;

    let mut dinars = samples::with_identity(request, "dinars", "1");
    dinars["currency"] = json!("KWD");
    dinars["lines"][0]["unitPrice"] = json!("18.001");
    dinars["lines"][0]["quantity"] = json!("1");
    world.publish(dinars.to_string()).await;
    let identity = samples::identity(&dinars);
    let row = eventually("a failed row", async || {
        world.row(&identity).await.ok_or(())
    })
    .await;
    assert_eq!(
        row.error_code.as_deref(),
        Some("e_invoice_invalid"),
        "{row:?}"
    );
    worker.stop().await;
    world.assert_settled(1, 1).await;
}
