//! Users of RabbitMQ that lack a right.

use super::{default_names, documented, user};
use crate::faults::servers::PrivateServer;
use crate::harness::{Options, World, eventually, samples};

/// A broker whose users a test makes, with the exchanges and queues that the documentation names.
async fn private_broker() -> (PrivateServer, World) {
    let rabbitmq = PrivateServer::rabbitmq().await;
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        variables: default_names(),
        ..Options::default()
    })
    .await;
    (rabbitmq, world)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_may_not_do_is_not_called_a_wrong_login() {
    let (rabbitmq, world) = private_broker().await;
    let [configure, write, read] = documented("worker");
    let cannot_read = user(&rabbitmq, "deaf", [configure, write, "^$"]).await;
    let wrong_password = cannot_read.replace("secret", "wrong");
    for (url, words, others) in [
        (&cannot_read, "lacks a right (ACCESS_REFUSED", "login"),
        (&wrong_password, "refused the login", "lacks a right"),
    ] {
        let worker = world.start_worker(&[("AMQP_URL", url)]);
        worker
            .emits_where("connection_lost", |lost| {
                lost.field_contains("error", words)
            })
            .await;
        for lost in worker.events("connection_lost") {
            assert!(!lost.field_contains("error", others), "{lost}");
        }
    }

    // It may take requests, and tell no one that it is done: the message waits for the right.
    let cannot_publish = user(&rabbitmq, "mute", [configure, "^amq\\.default$", read]).await;
    let check = world.program(&["check"]);
    let check = check.envs([("AMQP_URL", &cannot_publish)]).run().await;
    assert_eq!(check.code, 1, "{check:#?}");
    assert!(check.stdout.contains("exchange 'invoices'"), "{check:#?}");
    let worker = world.worker(&[("AMQP_URL", &cannot_publish)]).await;
    world.publish(samples::receipt().to_string()).await;
    worker
        .emits_where("publish_failed", |failed| {
            failed.field_contains("error", "lacks a right")
                && failed.field_contains("error", "exchange 'invoices'")
        })
        .await;
    // That holds the worker back, and every face says so.
    worker
        .emits_where("held_back", |held| held["code"] == "broker_right_missing")
        .await;
    eventually("a status with what holds the worker back", async || {
        let status = world.program(&["status"]).run().await;
        let words = ["broker_right_missing", "exchange 'invoices'", "to do: "];
        let is_shown = words.iter().all(|words| status.stderr.contains(words));
        is_shown.then_some(()).ok_or(status)
    })
    .await;
    rabbitmq
        .eval(&format!(
            "rabbit_auth_backend_internal:set_permissions(<<\"mute\">>, <<\"/\">>, <<\"^$\">>, <<\"{}\">>, <<\"{}\">>, <<\"test\">>).",
            write.replace('\\', "\\\\"),
            read.replace('\\', "\\\\")
        ))
        .await;
    world.assert_settled(1, 0).await;
    worker.emits("held_back_over").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_declared_by_a_user_who_may_and_named_to_one_who_may_not() {
    let (rabbitmq, world) = private_broker().await;
    rabbitmq
        .eval("{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"invoice.requests.bulk\">>)), rabbit_amqqueue:delete(Q, false, false, <<\"test\">>).")
        .await;
    let may_not = user(&rabbitmq, "worker", documented("worker")).await;
    let may = user(&rabbitmq, "declarer", documented("declarer")).await;
    let check = async |url: &str| {
        let check = world.program(&["check"]);
        check.envs([("AMQP_URL", url)]).run().await
    };
    let refused = check(&may_not).await;
    assert!(
        refused
            .stdout
            .contains("missing: queue invoice.requests.bulk;"),
        "{refused:#?}"
    );
    let worker = world.start_worker(&[("AMQP_URL", &may_not)]);
    worker
        .emits_where("connection_lost", |lost| {
            lost.field_contains(
                "error",
                "missing: queue invoice.requests.bulk; the broker's user may not declare",
            )
        })
        .await;
    // It is no outage: a person has to do something.
    worker.emits("consuming_refused").await;
    assert!(worker.events("outage_began").is_empty());
    let mut declaring = world.worker(&[("AMQP_URL", &may)]).await;
    eventually("the queue", async || {
        let checked = check(&may_not).await;
        let is_there = checked.stdout.contains("broker: ok");
        is_there.then_some(()).ok_or(checked)
    })
    .await;
    let checked = check(&may_not).await;
    for words in [
        "bindings of exchanges and queues are not compared",
        "to declare exchange invoices)",
    ] {
        assert!(checked.stdout.contains(words), "{checked:#?}");
    }
    let compared = check(&may).await;
    assert!(!compared.stdout.contains("not compared"), "{compared:#?}");
    world.publish(samples::receipt().to_string()).await;
    world.assert_settled(1, 0).await;
    declaring.stop().await;
    assert!(declaring.events("topology_not_compared").is_empty());
}

/// Who may not declare cannot see that a binding is missing, but that a message arrives nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_binding_is_found_by_what_is_published() {
    let (rabbitmq, world) = private_broker().await;
    rabbitmq
        .eval("E = rabbit_misc:r(<<\"/\">>, exchange, <<\"invoices\">>), Q = rabbit_misc:r(<<\"/\">>, queue, <<\"invoice.requests\">>), ok = rabbit_binding:remove({binding, E, <<\"invoice.requested\">>, Q, []}, <<\"test\">>).")
        .await;
    let url = user(&rabbitmq, "serve", documented("serve")).await;
    let mut serve = world.serve_with(&[("AMQP_URL", &url)]).await;
    let refused = serve
        .client()
        .post("/v1/invoices", &samples::receipt())
        .await;
    refused.is_problem(503, "broker_unavailable");
    serve.stop().await;
    // A user that may bind does so.
    let may = user(&rabbitmq, "declarer", documented("declarer")).await;
    let check = world.program(&["check"]).envs([("AMQP_URL", &may)]);
    check.run().await;
    let mut serve = world.serve_with(&[("AMQP_URL", &url)]).await;
    let accepted = serve
        .client()
        .post("/v1/invoices", &samples::receipt())
        .await;
    accepted.is(202);
    serve.stop().await;
}
