//! Servers that are away during a call. Nothing is accepted that the broker has not confirmed, and a client that repeats its call
//! gets one document.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::receipt_of;
use crate::faults::impatient;
use crate::harness::{Options, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// Messages in all queues of requests.
async fn published(world: &World) -> u32 {
    world.waiting().await.expect("the broker answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_lists_are_refused_and_requests_accepted() {
    let world = World::new(impatient()).await;
    let (database, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let serve = world.serve_with(&[("DATABASE_URL", &url)]).await;
    let client = serve.client();
    let (request, path) = receipt_of("without-database");
    client.get("/v1/invoices").await.is(200);

    for mode in [Mode::Refuse, Mode::Stall] {
        database.set(mode);
        let started = Instant::now();
        for path in [
            "/v1/invoices",
            &*path,
            &*format!("{path}/document"),
            &*format!("{path}/request"),
        ] {
            if mode == Mode::Stall && path != "/v1/invoices" {
                continue; // one is enough: each takes as long as the database is waited for
            }
            let refused = client.get(path).await;
            let problem = refused.is_problem(503, "database_unavailable");
            assert!(refused.header("retry-after").is_some(), "{refused:?}");
            // What is inside stays there.
            let address = database.address().to_string();
            assert!(
                !problem["detail"]
                    .as_str()
                    .expect("a text")
                    .contains(&address),
                "{problem}"
            );
        }
        assert!(started.elapsed() < Duration::from_secs(40));
        let started = Instant::now();
        let accepted = client.post_and_wait("/v1/invoices", &request, 1).await;
        let accepted = accepted.is(202);
        assert!(started.elapsed() < Duration::from_secs(10));
        assert_eq!(accepted["links"]["self"], *path);
    }
    assert_eq!(serve.events("request_not_looked_up").len(), 2);

    database.set(Mode::Pass);
    eventually("the list", async || {
        let answer = client.get("/v1/invoices").await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    let mut worker = world.worker(&[]).await;
    world.wait_for_document(&samples::identity(&request)).await;
    world.assert_settled(1, 0).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
    client.post("/v1/invoices", &request).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_silent_keeps_no_operator_waiting_for_long() {
    /// Calls that count dead letters at once; of these the server accepts `COUNTED`.
    const COUNTING: usize = 12;
    const COUNTED: usize = 4;

    let world = World::new(impatient()).await;
    let (database, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let (_, invoice) = receipt_of("silent-database");
    let groups = "/v1/dead-letters/groups";
    // A server for each: the first call that finds a silent connection replaces all of them.
    let mut calls = Vec::new();
    for path in ["/v1/dead-letters", "/v1/dead-letters/1", &*invoice, groups] {
        let serve = world.serve_with(&[("DATABASE_URL", &url)]).await;
        let client = serve.client();
        let opening = (0..4).map(|_| client.get("/v1/dead-letters"));
        for opened in futures_util::future::join_all(opening).await {
            opened.is(200);
        }
        calls.push((path, serve));
    }
    database.set(Mode::Stall);
    let started = Instant::now();
    let calling = calls.iter().map(async |(path, serve)| {
        let client = serve.client();
        let count = if *path == groups { COUNTING } else { 1 };
        let answers = (0..count).map(|_| client.get(path));
        let answers = futures_util::future::join_all(answers).await;
        let mut overloaded = 0;
        for answer in answers {
            if answer.json()["code"] == "overloaded" {
                answer.is_problem(503, "overloaded");
                overloaded += 1;
            } else {
                answer.is_problem(503, "database_unavailable");
            }
        }
        assert_eq!(overloaded, count.saturating_sub(COUNTED), "{path}");
    });
    futures_util::future::join_all(calling).await;
    assert!(
        started.elapsed() < Duration::from_secs(40),
        "{:?}",
        started.elapsed()
    );
    database.set(Mode::Pass);
    for (_, serve) in &calls {
        eventually("the groups", async || {
            let answer = serve.client().get(groups).await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer)
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_during_a_wait_is_waited_for() {
    let world = World::new(impatient()).await;
    let (database, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let serve = world.serve_with(&[("DATABASE_URL", &url)]).await;
    let (request, path) = receipt_of("during-wait");
    let client = serve.client();
    let calling = tokio::spawn({
        let (client, request) = (client.clone(), request.clone());
        async move { client.post_and_wait("/v1/invoices", &request, 60).await }
    });
    eventually("the message", async || {
        let count = published(&world).await;
        if count == 1 { Ok(()) } else { Err(count) }
    })
    .await;
    database.set(Mode::Refuse);
    let _worker = world.worker(&[]).await;
    world.wait_for_document(&samples::identity(&request)).await;
    database.set(Mode::Pass);
    let created = calling.await.expect("an answer").is(201);
    assert_eq!(created["links"]["self"], *path);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_broker_has_not_confirmed_is_not_accepted() {
    let world = World::new(impatient()).await;
    let (broker, url) = Proxy::before(&world.variables["AMQP_URL"]);
    broker.set(Mode::Refuse);
    let serve = world.serve_with(&[("AMQP_URL", &url)]).await;
    let client = serve.client();
    let (request, _) = receipt_of("without-broker");

    for wait in [0, 30] {
        for route in ["/v1/invoices", "/invoice/get_pdf"] {
            let started = Instant::now();
            let refused = client.post_and_wait(route, &request, wait).await;
            let problem = refused.is_problem(503, "broker_unavailable");
            assert!(refused.header("retry-after").is_some(), "{refused:?}");
            let address = broker.address().to_string();
            assert!(
                !problem["detail"]
                    .as_str()
                    .expect("a text")
                    .contains(&address),
                "{problem}"
            );
            assert!(started.elapsed() < Duration::from_secs(15));
        }
    }
    // What needs no broker goes on.
    client.get("/v1/invoices").await.is(200);
    client.post("/v1/validate", &request).await.is(200);
    assert_eq!(serve.events("http_request_unconfirmed").len(), 4);

    // Nothing of it appears later: the next one that is accepted is the only one.
    broker.set(Mode::Pass);
    let (next, _) = receipt_of("with-broker");
    eventually("a broker that confirms", async || {
        let answer = client.post("/v1/invoices", &next).await;
        if answer.status == 202 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    assert_eq!(published(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_confirm_was_lost_is_sent_again_and_gives_one_document() {
    let world = World::new(impatient()).await;
    let (broker, url) = Proxy::before(&world.variables["AMQP_URL"]);
    let serve = world.serve_with(&[("AMQP_URL", &url)]).await;
    let client = serve.client();
    let (first, _) = receipt_of("first");
    client.post("/v1/invoices", &first).await.is(202);
    let (request, _) = receipt_of("confirm-lost");
    // It reaches the broker, and the connection breaks before the confirm comes back.
    broker.set(Mode::LoseReplies);
    let refused = client.post("/v1/invoices", &request).await;
    refused.is_problem(503, "broker_unavailable");
    broker.set(Mode::Pass);
    eventually("a broker that confirms", async || {
        let answer = client.post("/v1/invoices", &request).await;
        if answer.status == 202 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    assert!(
        published(&world).await >= 3,
        "the first one was not published"
    );
    let mut worker = world.worker(&[]).await;
    world.wait_for_document(&samples::identity(&request)).await;
    world.assert_settled(2, 0).await;
    worker.stop().await;
    world.assert_settled(2, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_silent_keeps_no_client_waiting_for_long() {
    let world = World::new(impatient()).await;
    let (broker, url) = Proxy::before(&world.variables["AMQP_URL"]);
    let serve = world.serve_with(&[("AMQP_URL", &url)]).await;
    let client = serve.client();
    let (first, _) = receipt_of("first");
    client.post("/v1/invoices", &first).await.is(202);
    broker.set(Mode::Stall);
    let started = Instant::now();
    let (request, _) = receipt_of("silent");
    let calls = (0..20).map(|_| client.post("/v1/invoices", &request));
    for refused in futures_util::future::join_all(calls).await {
        refused.is_problem(503, "broker_unavailable");
    }
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    broker.set(Mode::Pass);
    eventually("a broker that confirms", async || {
        let answer = client.post("/v1/invoices", &request).await;
        if answer.status == 202 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_between_publish_and_answer_gives_one_document() {
    let world = World::new(Options::default()).await;
    let mut serve = world.serve().await;
    let (request, path) = receipt_of("killed");
    let client = serve.client();
    let calling = tokio::spawn({
        let request = request.to_string();
        let client = client
            .header("Content-Type", "application/json")
            .header("Prefer", "wait=60");
        async move {
            client
                .try_call("POST", "/v1/invoices", request.as_bytes())
                .await
        }
    });
    eventually("the message", async || {
        let count = published(&world).await;
        if count == 1 { Ok(()) } else { Err(count) }
    })
    .await;
    serve.signal(Signal::KILL);
    serve.wait_exit(Duration::from_secs(10)).await;
    assert!(
        calling.await.expect("a call").is_none(),
        "there was an answer"
    );

    // The client does not know whether it was accepted, and sends it again, to another one.
    let other = world.serve().await;
    let accepted = other.client().post("/v1/invoices", &request).await.is(202);
    assert_eq!(accepted["links"]["self"], *path);
    assert_eq!(published(&world).await, 2);
    let mut worker = world.worker(&[]).await;
    world.wait_for_document(&samples::identity(&request)).await;
    world.assert_settled(1, 0).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
    other.client().post("/v1/invoices", &request).await.is(200);
}
