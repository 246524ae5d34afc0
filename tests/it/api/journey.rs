//! From a call to a document, and what else a client asks about it.

use invoice::digest::Sha256Digest;
use invoice_worker::broker::Lane;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{path_of, receipt_of};
use crate::harness::{Options, World, eventually, http, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_gets_the_record_and_its_links_lead_to_the_document() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    let mut request = samples::invoice();
    let line = request["lines"][0].as_object_mut().expect("an object");
    let amount = line.remove("netAmount").expect("an amount");
    line.insert("netAmmount".to_owned(), amount);
    let identity = samples::identity(&request);

    let answer = client.post_and_wait("/v1/invoices", &request, 30).await;
    let mut created = answer.is(201);
    // Of the answer to a request only.
    let warnings = created.as_object_mut().and_then(|it| it.remove("warnings"));
    let warnings = warnings.expect("warnings");
    assert_eq!(warnings[0]["pointer"], "/lines/0/netAmmount", "{warnings}");
    let path = path_of(&identity);
    assert_eq!(answer.header("location"), Some(&*path));
    assert_eq!(answer.header("preference-applied"), Some("wait=30"));
    assert_eq!(created["status"], "generated");
    assert_eq!(created["links"]["self"], *path);
    assert_eq!(created["pages"], 1);
    assert_eq!(created["template"]["name"], "invoice");
    let history: Vec<_> = created["history"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!(history[0]["what"], "received");
    assert_eq!(history[0]["at"], created["receivedAt"]);
    assert_eq!(history[1]["what"], "recorded");
    assert_eq!(history[history.len() - 1]["what"], "generated");
    assert_eq!(history[history.len() - 1]["attempt"], 1);

    let shown = client.get(&path).await.is(200);
    assert_eq!(shown, created);
    let stored = client.get(&format!("{path}/request")).await.is(200);
    assert_eq!(stored, request);

    let opened = client.get(&format!("{path}/document")).await;
    assert_eq!(opened.status, 302, "{opened:?}");
    let etag = opened.header("etag").expect("an ETag").to_owned();
    assert_eq!(
        etag,
        format!("\"{}\"", created["sha256"].as_str().expect("a digest"))
    );
    let cache = opened.header("cache-control").expect("a header");
    assert!(cache.starts_with("private"), "{cache}");
    let (status, pdf) = http::get(opened.header("location").expect("a URL")).await;
    assert_eq!(status, 200);
    assert_eq!(created["sha256"], Sha256Digest::of(&pdf).to_string());
    assert_eq!(created["sizeBytes"], pdf.len());

    let known = client.clone().header("If-None-Match", &etag);
    let unchanged = known.get(&format!("{path}/document")).await;
    assert_eq!(unchanged.status, 304, "{unchanged:?}");
    assert!(unchanged.header("location").is_none() && unchanged.body.is_empty());
    let saved = client
        .get(&format!("{path}/document?disposition=attachment"))
        .await;
    let url = saved.header("location").expect("a URL").to_owned();
    assert!(
        url.contains("response-content-disposition=attachment"),
        "{url}"
    );

    // The same again, without and with a wait: the same record, and nothing is done.
    for wait in [None, Some(30)] {
        let again = match wait {
            None => client.post("/v1/invoices", &request).await,
            Some(seconds) => {
                client
                    .post_and_wait("/v1/invoices", &request, seconds)
                    .await
            }
        };
        let mut again = again.is(200);
        let repeated = again.as_object_mut().and_then(|it| it.remove("warnings"));
        assert_eq!(repeated.as_ref(), Some(&warnings));
        assert_eq!(again, created);
    }
    // Another request under this identity.
    let mut other = request.clone();
    other["buyer"]["name"] = json!("Somebody Else");
    for seconds in [0, 30] {
        let refused = client.post_and_wait("/v1/invoices", &other, seconds).await;
        let problem = refused.is_problem(409, "conflict");
        assert_eq!(problem["issued"]["sha256"], created["sha256"]);
        assert_eq!(problem["issued"]["generatedAt"], created["generatedAt"]);
        assert!(
            !problem["detail"]
                .as_str()
                .expect("a text")
                .contains("Somebody")
        );
    }
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_wait_gets_the_place_where_the_invoice_will_be() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client().header("Idempotency-Key", "anything");
    let (request, path) = receipt_of("later");

    let answer = client.post("/v1/invoices?lane=bulk", &request).await;
    let accepted = answer.is(202);
    assert_eq!(answer.header("location"), Some(&*path));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("preference-applied"), None);
    assert_eq!(accepted["status"], "accepted");
    assert_eq!(accepted["links"]["self"], *path);
    client.get(&path).await.is_problem(404, "not_found");
    // A wait that is over is answered like none.
    let waited = client
        .post_and_wait("/v1/invoices?lane=bulk", &request, 1)
        .await;
    assert_eq!(waited.is(202)["requestDigest"], accepted["requestDigest"]);
    assert_eq!(waited.header("preference-applied"), Some("wait=1"));

    let _worker = world.worker(&[]).await;
    let record = eventually("the invoice", async || {
        let answer = client.get(&path).await;
        (answer.status == 200).then(|| answer.json()).ok_or(answer)
    })
    .await;
    assert_eq!(record["messageId"], accepted["messageId"]);
    assert_eq!(record["requestDigest"], accepted["requestDigest"]);
    let mut again = client.post("/v1/invoices", &request).await.is(200);
    let warnings = again.as_object_mut().and_then(|it| it.remove("warnings"));
    assert_eq!(warnings, Some(json!([])));
    assert_eq!(again, record);
}

#[tokio::test(flavor = "multi_thread")]
async fn envelopes_are_opened_and_their_ids_and_the_trace_go_on() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let client = serve.client().header("traceparent", trace);
    let (request, path) = receipt_of("enveloped");
    let event = json!({
        "specversion": "1.0", "type": "com.example.invoice.requested.v1", "source": "/orders", "id": "event-1", "data": request,
    });
    let message =
        json!({ "messageId": "message-1", "correlationId": "order-1", "message": request });
    for (media_type, body) in [
        ("application/cloudevents+json", &event),
        ("application/vnd.masstransit+json; charset=utf-8", &message),
        ("APPLICATION/JSON", &request),
    ] {
        let client = client.clone().header("Content-Type", media_type);
        let body = body.to_string();
        let answer = client.call("POST", "/v1/invoices", body.as_bytes()).await;
        assert_eq!(answer.is(202)["links"]["self"], *path, "{media_type}");
    }
    let _worker = world.worker(&[]).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    assert_eq!(
        row.trace_id.as_deref(),
        Some("0af7651916cd43dd8448eb211c80319c")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_dead_lettered_while_its_client_waits_is_answered_with_its_code() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    // It is valid, and there is no such template.
    let (mut request, path) = receipt_of("no-template");
    request["template"] = json!({ "name": "nothing-of-this-name" });
    let answer = client.post_and_wait("/v1/invoices", &request, 30).await;
    let problem = answer.is_problem(422, "template_unknown");
    assert_eq!(problem["errors"][0]["pointer"], "/template/name");
    assert_eq!(problem["errors"][0]["code"], "template_unknown");

    let failed = client.get(&path).await.is(200);
    assert_eq!(failed["error"]["errors"], problem["errors"]);
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["error"]["code"], problem["code"]);
    assert_eq!(failed["error"]["detail"], problem["detail"]);
    assert_eq!(failed["url"], Value::Null);
    let document = client.get(&format!("{path}/document")).await;
    document.is_problem(409, "document_missing");
    assert_eq!(
        client.get(&format!("{path}/request")).await.is(200),
        request
    );
    for path in ["/invoice/get_pdf", "/v1/preview"] {
        let refused = client.post_and_wait(path, &request, 30).await;
        let refused = refused.is_problem(422, "template_unknown");
        assert_eq!(refused["errors"], problem["errors"], "{path}");
    }

    // The identity is free for a request that can be carried out.
    let (request, _) = receipt_of("no-template");
    let created = client
        .post_and_wait("/v1/invoices", &request, 30)
        .await
        .is(201);
    assert_eq!(created["status"], "generated");
}

/// One that comes through the queue is not validated before; its record has the same list as its dead letter and its event.
#[tokio::test(flavor = "multi_thread")]
async fn the_record_of_a_request_that_is_not_valid_lists_its_problems() {
    for options in [Options::default(), Options::sqlite()] {
        let world = World::new(options).await;
        let _worker = world.worker(&[]).await;
        let serve = world.serve().await;
        let client = serve.client();
        let (mut request, path) = receipt_of("wrong");
        request["issueDate"] = json!("2026-02-30");
        request["lines"][0]["quantity"] = json!("Zoë");
        world.publish(request.to_string()).await;
        let record = eventually("the record", async || {
            let answer = client.get(&path).await;
            (answer.status == 200).then(|| answer.json()).ok_or(answer)
        })
        .await;
        let validated = client.post("/v1/validate", &request).await.json();
        assert_eq!(record["error"]["errors"], validated["errors"]);
        let listed = client.get("/v1/invoices?status=failed").await.is(200);
        assert_eq!(listed["items"][0]["error"], record["error"]);

        // A later failure for another reason has another list.
        let (mut other, _) = receipt_of("wrong");
        other["template"] = json!({ "name": "nothing-of-this-name" });
        let answer = client.post_and_wait("/v1/invoices", &other, 30).await;
        let problem = answer.is_problem(422, "template_unknown");
        let record = client.get(&path).await.is(200);
        assert_eq!(record["error"]["errors"], problem["errors"]);
        // A worker of a version without lists records another failure, and leaves the list of the former one.
        world
            .execute(
                "UPDATE sales_invoice SET error_code = 'renderer_failed', error_detail = 'it has crashed', \
                 updated_at = '2026-11-29T08:33:12.800439Z'",
            )
            .await;
        let record = client.get(&path).await.is(200);
        assert_eq!(record["error"]["code"], "renderer_failed");
        assert_eq!(record["error"]["errors"], json!([]));
        // A document has none.
        let (right, _) = receipt_of("wrong");
        let record = client.post_and_wait("/v1/invoices", &right, 30).await;
        assert_eq!(record.is(201)["error"], Value::Null);
    }
}

/// As those of other publishers have it: how old a message is, is known without its record.
#[tokio::test(flavor = "multi_thread")]
async fn messages_of_the_program_itself_say_when_they_were_published() {
    let world = World::new(Options::sqlite()).await;
    let serve = world.serve().await;
    let before = OffsetDateTime::now_utc().unix_timestamp();
    let (request, _) = receipt_of("dated");
    serve.client().post("/v1/invoices", &request).await.is(202);
    let command = world.program(&["request", "-"]);
    command.input(request.to_string()).run().await.succeeded();
    let after = OffsetDateTime::now_utc().unix_timestamp();
    let taken = world.take_all(&world.topology.queue(Lane::Ordinary)).await;
    assert_eq!(taken.len(), 2);
    for message in taken {
        let at = message.timestamp.expect("a timestamp");
        let at = i64::try_from(at).expect("a time");
        assert!((before..=after).contains(&at), "{message:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_route_of_an_earlier_service_answers_with_data_path_and_url() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    let request = samples::receipt();
    let first = client.post("/invoice/get_pdf", &request).await.is(200);
    let key = "invoices/tiktok/shop123/order456/pkg789/12345.pdf";
    let path = first["file_path"].as_str().expect("a path");
    assert!(path.ends_with(key), "{path}");
    assert_eq!(first["invoice"]["status"], "generated");
    assert_eq!(first["expires_in"], 300);
    for answer in [
        &first,
        &client.post("/invoice/get_pdf", &request).await.is(200),
    ] {
        let (status, pdf) = http::get(answer["url"].as_str().expect("a URL")).await;
        assert_eq!(status, 200);
        assert_eq!(
            answer["invoice"]["sha256"],
            Sha256Digest::of(&pdf).to_string()
        );
        assert_eq!(answer["invoice"], first["invoice"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_validated_and_previewed_and_nothing_is_left_of_that() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    let request = samples::invoice();
    let valid = client.post("/v1/validate", &request).await.is(200);
    assert_eq!(valid["valid"], true);
    assert_eq!(valid["currency"], "EUR");

    let preview = client.post("/v1/preview", &request).await;
    assert_eq!(preview.status, 200, "{preview:?}");
    assert_eq!(preview.header("content-type"), Some("application/pdf"));
    assert_eq!(preview.header("x-pages"), Some("1"));
    let picture = serve.client().header("Accept", "image/png");
    let first = picture.post("/v1/preview", &request).await;
    assert_eq!(first.header("content-type"), Some("image/png"));
    assert!(first.body.starts_with(b"\x89PNG"), "{first:?}");
    picture
        .post("/v1/preview?page=2", &request)
        .await
        .is_problem(400, "parameter_invalid");
    serve
        .client()
        .header("Accept", "text/html")
        .post("/v1/preview", &request)
        .await
        .is_problem(406, "not_acceptable");
    world.assert_settled(0, 0).await;

    // The preview is what a worker stores.
    let created = client
        .post_and_wait("/v1/invoices", &request, 30)
        .await
        .is(201);
    assert_eq!(
        created["sha256"],
        Sha256Digest::of(&preview.body).to_string()
    );
    assert_eq!(created["requestDigest"], valid["requestDigest"]);

    let mut wrong = request.clone();
    wrong["template"] = json!({ "name": "nothing-of-this-name" });
    client
        .post("/v1/preview", &wrong)
        .await
        .is_problem(422, "template_unknown");
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_listed_as_the_command_lists_them() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let listed = serve.client().get("/v1/templates").await.is(200);
    let command = world.program(&["templates", "list", "--json"]);
    let printed: Value = serde_json::from_str(&command.run().await.succeeded()).expect("JSON");
    assert_eq!(listed, printed);

    let listed = serve.client().get("/v1/fonts").await.is(200);
    let command = world.program(&["templates", "fonts", "--json"]);
    let printed: Value = serde_json::from_str(&command.run().await.succeeded()).expect("JSON");
    // Each process names files as its own settings name the folder.
    let names = |list: &Value| {
        let families = list["families"].as_array().expect("families").clone();
        let name = |family: &Value| (family["name"].clone(), family["languages"].clone());
        families.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&listed), names(&printed));
    assert!(names(&listed).len() > 5, "{listed}");
}
