//! A worker and `serve` with exactly the rights of the page.

use serde_json::{Value, json};

use super::{PAGE, default_names, documented, user};
use crate::api::operators::wait_until_done;
use crate::dead_letters::wrong;
use crate::faults::servers::PrivateServer;
use crate::harness::{Entry, Options, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// The SQL of the page: what is done before the migration, and what after it.
fn grants() -> [&'static str; 2] {
    let mut blocks = PAGE.split("```sql\n").skip(1);
    [(); 2].map(|()| {
        let block = blocks.next().expect("a block of SQL");
        block.split("```").next().expect("its end")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn worker_and_serve_need_no_more_than_is_documented() {
    let (rabbitmq, postgres) = tokio::join!(PrivateServer::rabbitmq(), PrivateServer::postgres());
    let mut variables = default_names();
    variables.push(("ARCHIVE_DEAD_LETTERS", "true".to_owned()));
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        postgres_url: Some(postgres.url.clone()),
        unmigrated: true,
        variables,
        ..Options::default()
    })
    .await;
    let login = |role: &str| {
        let url = &world.variables["DATABASE_URL"];
        let (_, server) = url.split_once('@').expect("a user in the URL");
        format!("postgres://{role}@{server}")
    };
    let [before, after] = grants();
    world.execute(before).await;
    let migrate = world.program(&["migrate", "up"]);
    let migrate = migrate.envs([("DATABASE_URL", login("invoice_migrate"))]);
    migrate.run().await.succeeded();
    world.execute(after).await;

    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let broker_url = user(&rabbitmq, "worker", documented("worker")).await;
    let mut worker = world
        .worker(&[
            ("AMQP_URL", &broker_url),
            ("DATABASE_URL", &login("invoice_worker")),
            ("AWS_ENDPOINT_URL_S3", &endpoint),
        ])
        .await;
    worker.emits("topology_not_compared").await;
    let broker_url = user(&rabbitmq, "serve", documented("serve")).await;
    let mut serve = world
        .serve_with(&[
            ("AMQP_URL", &broker_url),
            ("DATABASE_URL", &login("invoice_serve")),
        ])
        .await;
    let client = serve.client();

    // Over a retry queue, and over the API.
    proxy.set(Mode::Refuse);
    let accepted = client.post("/v1/invoices", &samples::receipt()).await;
    accepted.is(202);
    worker.reaches_attempt(2).await;
    proxy.set(Mode::Pass);
    let identity = samples::identity(&samples::receipt());
    world.wait_for_document(&identity).await;
    let path = format!("/v1/invoices/{identity}");
    assert_eq!(client.get(&path).await.is(200)["status"], "generated");

    // A dead letter is archived, edited and replayed, and another one discarded.
    world.publish(wrong(1).to_string()).await;
    world.publish(b"{".to_vec()).await;
    let letters = eventually("two dead letters", async || {
        let page = client.get("/v1/dead-letters").await.is(200);
        match page["items"].as_array() {
            Some(items) if items.len() == 2 => Ok(items.clone()),
            Some(_) | None => Err(page),
        }
    })
    .await;
    let id_of = |code: &str| {
        let letter = letters.iter().find(|letter| letter["code"] == code);
        letter.expect(code)["id"].clone()
    };
    let (mismatch, broken) = (id_of("totals_mismatch"), id_of("request_malformed"));
    let right = samples::with_identity(samples::receipt(), "wrong-1", "1");
    let edit = format!("/v1/dead-letters/{mismatch}/request?reason=sum");
    let edited = client
        .call("PUT", &edit, right.to_string().as_bytes())
        .await;
    edited.is(200);
    let replay = json!({ "reason": "sum", "targets": { "ids": [mismatch] } });
    let created = client.post("/v1/replays", &replay).await.is(201);
    // One that is not noted as replayed is open, and would not be erased below.
    wait_until_done(&client, &format!("/v1/replays/{}", created["id"])).await;
    world.wait_for_document(&samples::identity(&right)).await;
    let discard = json!({ "reason": "test", "targets": { "ids": [broken] } });
    client
        .post("/v1/dead-letters/discard", &discard)
        .await
        .is(200);
    assert_eq!(client.get("/v1/changes").await.status, 200);

    let audit = world.program(&["audit"]);
    let audit = audit.envs([("DATABASE_URL", login("invoice_audit"))]);
    audit.run().await.succeeded();

    // What is erased needs a role of its own.
    let erase = async |role: &str| {
        let arguments = [
            "erase",
            "--platform",
            identity.platform(),
            "--reason",
            "test",
        ];
        let erase = world.program(&arguments);
        erase.envs([("DATABASE_URL", login(role))]).run().await
    };
    let refused = erase("invoice_serve").await;
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(
        refused
            .stderr
            .contains("GRANT UPDATE ON sales_invoice TO invoice_serve"),
        "{refused:#?}"
    );
    // The other dead letter has no platform.
    let erased = erase("invoice_erase").await.succeeded();
    assert!(erased.contains("erased: 2 records, 1 dead"), "{erased}");

    // A server whose user has not that role says so, and erases once it has.
    let body = json!({ "filter": { "platform": identity.platform() }, "reason": "test" });
    let refused = client.post("/v1/erasures", &body).await;
    let problem = refused.is_problem(409, "state_conflict");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("GRANT UPDATE ON sales_invoice TO invoice_serve"),
        "{detail}"
    );
    world.execute("GRANT invoice_erase TO invoice_serve").await;
    let created = client.post("/v1/erasures", &body).await.is(201);
    let path = format!("/v1/erasures/{}", created["id"]);
    eventually("the end of the erasure", async || {
        let erasure = client.get(&path).await.is(200);
        if erasure["status"] == "done" {
            Ok(())
        } else {
            Err(erasure)
        }
    })
    .await;
    world
        .execute("REVOKE invoice_erase FROM invoice_serve")
        .await;

    worker.stop().await;
    serve.stop().await;
    for process in [&worker, &serve] {
        let refused: Vec<Entry> = process
            .complaints()
            .into_iter()
            .filter(|entry| {
                let text = entry.to_string();
                ["refused for user", "permission denied", "lacks a right"]
                    .iter()
                    .any(|words| text.contains(words))
            })
            .collect();
        assert!(refused.is_empty(), "{refused:#?}");
    }
    // The documented users pass, each for its own program.
    let worker_url = user(&rabbitmq, "worker-2", documented("worker")).await;
    let check = async |arguments: &[&str], amqp_url: &str, role: &str| {
        let arguments = [&["check"], arguments].concat();
        let check = world.program(&arguments);
        let urls = [
            ("AMQP_URL", amqp_url.to_owned()),
            ("DATABASE_URL", login(role)),
        ];
        check.envs(urls).run().await
    };
    for (arguments, url, role) in [
        (&["--serve"][..], &broker_url, "invoice_serve"),
        (&[], &worker_url, "invoice_worker"),
    ] {
        let passed = check(arguments, url, role).await.succeeded();
        for line in ["broker: ok\n", "database: ok\n"] {
            assert!(passed.contains(line), "{role}: {passed}");
        }
    }
    let of_serve = check(&[], &broker_url, "invoice_serve").await;
    assert_eq!(of_serve.code, 1, "{of_serve:#?}");
    for words in [
        "GRANT INSERT, UPDATE ON sales_invoice TO invoice_serve",
        "`invoice-worker check --serve`",
        "exchange 'invoices.dead'",
        "queue 'invoice.requests'",
    ] {
        assert!(of_serve.stdout.contains(words), "{words}: {of_serve:#?}");
    }
    // What the check asks the broker for leaves nothing behind.
    assert_eq!(world.queue_len(&world.topology.dead).await, 0);

    world
        .execute(
            "CREATE ROLE onlooker LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker",
        )
        .await;
    let onlooker = check(&[], &worker_url, "onlooker").await;
    assert_eq!(onlooker.code, 1, "{onlooker:#?}");
    let grant = "GRANT INSERT, UPDATE ON dead_letter, sales_invoice TO onlooker";
    assert!(onlooker.stdout.contains(grant), "{onlooker:#?}");
    assert!(!onlooker.stdout.contains("database: ok"), "{onlooker:#?}");
    let changes = world.program(&["changes", "--json"]).run().await;
    let changes: Value = serde_json::from_str(&changes.succeeded()).expect("JSON");
    assert_eq!(changes.as_array().map(Vec::len), Some(5), "{changes}");
}
