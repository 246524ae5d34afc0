//! `status` and `GET /v1/status`: what waits, who works on it, and whether the servers answer.

use std::time::Instant;

use serde_json::Value;

use crate::dead_letters::wrong;
use crate::harness::{Finished, Options, World, closed_port, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// What the command prints for programs, whatever its exit code.
pub(crate) async fn status(world: &World) -> Value {
    let run = world.program(&["status", "--json"]).run().await;
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

/// Waits until the command prints something like this.
pub(crate) async fn shows(world: &World, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let seen = status(world).await;
        if is_it(&seen) { Ok(seen) } else { Err(seen) }
    })
    .await
}

fn problems(status: &Value) -> Vec<&str> {
    let problems = status["problems"].as_array().expect("a list");
    let codes = problems.iter().map(|problem| problem["code"].as_str());
    codes.map(|code| code.expect("a code")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn that_no_worker_is_consuming_is_shown_with_what_waits() {
    let world = World::new(Options::sqlite()).await;
    world.publish_many(samples::many(3)).await;
    world.publish_bulk(samples::many(2)).await;
    let shown = shows(&world, "what waits", |seen| {
        seen["lanes"][0]["requests"]["ready"] == 3 && seen["lanes"][1]["requests"]["ready"] == 2
    })
    .await;
    assert_eq!(problems(&shown), ["no_worker"], "{shown:#}");
    assert_eq!(shown["lanes"][0]["requests"]["consumers"], 0);
    assert_eq!(shown["lanes"][0]["unacknowledged"], Value::Null);
    let printed = world.program(&["status"]).run().await;
    assert_eq!(printed.code, 1, "{printed:#?}");
    let problem = format!(
        "error: no worker is consuming {}, and 3 requests wait there",
        world.topology.requests
    );
    assert!(printed.stderr.contains(&problem), "{printed:#?}");
    assert!(
        printed.stdout.contains("no worker has reported itself"),
        "{printed:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_report_what_they_hold_and_what_waits_for_its_next_attempt() {
    let world = World::new(Options {
        variables: vec![
            ("RETRY_IN_PLACE_SECONDS", "0".to_owned()),
            ("RETRY_DELAYS_SECONDS", "1,20".to_owned()),
            ("ARCHIVE_DEAD_LETTERS", "true".to_owned()),
        ],
        ..Options::default()
    })
    .await;
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    world.publish(samples::receipt().to_string()).await;
    world.publish(wrong(1).to_string()).await;
    // What a worker reports of itself may be some seconds old, and a lane that takes more at once has two consumers for a moment.
    let shown = shows(&world, "a document and a dead letter", |seen| {
        let ordinary = &seen["lanes"][0];
        seen["documents"]["lastMinute"] == 1
            && seen["deadLetters"]["open"] == 1
            && seen["workers"][0]["state"] == "working"
            && ordinary["unacknowledged"] == 0
            && ordinary["requests"]["consumers"] == 1
            && seen["deadLetterQueue"]["consumers"] == 1
    })
    .await;
    assert_eq!(problems(&shown), Vec::<&str>::new(), "{shown:#}");
    let reported = &shown["workers"][0];
    assert_eq!(
        reported["pid"],
        worker.pid().as_raw_nonzero().get(),
        "{shown:#}"
    );
    assert_eq!(reported["version"], env!("CARGO_PKG_VERSION"));
    let renderers = &reported["renderers"];
    assert!(renderers["slots"].as_u64() >= Some(1), "{shown:#}");
    assert!(renderers["idle"].is_u64(), "{shown:#}");
    assert!(renderers["restarts"].is_array(), "{shown:#}");
    let loaded = &shown["templates"];
    assert_eq!(loaded[0]["digest"], reported["templates"], "{shown:#}");
    assert_eq!(loaded[0]["workers"], 1, "{shown:#}");
    assert_eq!(shown["deadLetters"]["codes"][0]["code"], "totals_mismatch");
    let printed = world.program(&["status"]).run().await.succeeded();
    let digest = reported["templates"].as_str().expect("a digest");
    for words in [
        "working",
        " busy",
        &digest[..12],
        "totals_mismatch",
        "documents: 1 in the last minute",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }

    // In work, then in the second retry queue.
    storage.set(Mode::Stall);
    world.publish_many(samples::many(2)).await;
    shows(&world, "messages in work", |seen| {
        seen["lanes"][0]["unacknowledged"] == 2
            && seen["lanes"][0]["oldestInWorkAt"].is_string()
            && seen["lanes"][1]["oldestInWorkAt"].is_null()
            && seen["workers"][0]["unacknowledged"] == 2
    })
    .await;
    storage.set(Mode::Refuse);
    let shown = shows(&world, "messages in a retry queue and an outage", |seen| {
        let retry = &seen["lanes"][0]["retries"][1];
        retry["ready"] == 2
            && retry["oldestRequestAt"].is_string()
            && seen["workers"][0]["outages"][0]["server"] == "bucket"
    })
    .await;
    assert_eq!(shown["lanes"][0]["retries"][1]["delaySeconds"], 20);
    assert_eq!(shown["workers"][0]["outages"][0]["waiting"], 2, "{shown:#}");
    assert_eq!(problems(&shown), ["outage"], "{shown:#}");

    storage.set(Mode::Pass);
    worker.stop().await;
    let shown = status(&world).await;
    assert_eq!(shown["workers"], Value::Array(Vec::new()), "{shown:#}");
    assert_eq!(problems(&shown), ["no_worker"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_is_shown_as_lost_until_another_one_forgets_it() {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    shows(&world, "the worker", |seen| {
        seen["workers"][0]["state"] == "working"
    })
    .await;
    worker.signal(rustix::process::Signal::KILL);
    worker.wait_exit(crate::harness::DEADLINE).await;
    // As if a minute had passed.
    world
        .execute("UPDATE worker SET seen_at_ms = seen_at_ms - 60000")
        .await;
    let shown = status(&world).await;
    assert_eq!(shown["workers"][0]["state"], "lost", "{shown:#}");
    assert_eq!(shown["workers"][0]["renderers"], Value::Null, "{shown:#}");
    assert_eq!(shown["templates"], Value::Array(Vec::new()), "{shown:#}");
    assert_eq!(
        shown["lanes"][0]["unacknowledged"],
        Value::Null,
        "{shown:#}"
    );
    world
        .execute("UPDATE worker SET seen_at_ms = seen_at_ms - 3600000")
        .await;
    let shown = status(&world).await;
    assert_eq!(shown["workers"], Value::Array(Vec::new()), "{shown:#}");
    let mut other = world.worker(&[]).await;
    let pid = other.pid().as_raw_nonzero().get();
    shows(&world, "the other one alone", |seen| {
        let workers = seen["workers"].as_array().expect("a list");
        workers.len() == 1 && workers[0]["pid"] == pid
    })
    .await;
    other.stop().await;
}

/// A report of another worker, with other templates than the first one has.
pub(crate) async fn another_worker(world: &World) {
    let same = "host, version, started_at, seen_at_ms, state, state_since, ordinary_in_work, bulk_in_work, prefetch, \
                bulk_prefetch, outages, retries";
    world
        .execute(&format!(
            "INSERT INTO worker (id, pid, templates, {same}) SELECT 'other', pid + 1, 'f00ff00ff00f', {same} FROM worker"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_with_different_templates_are_shown() {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    shows(&world, "the worker", |seen| {
        seen["workers"][0]["state"] == "working"
            && seen["workers"][0]["templates"].is_string()
            && seen["lanes"][0]["requests"]["consumers"] == 1
    })
    .await;
    another_worker(&world).await;
    let shown = status(&world).await;
    let loaded = shown["templates"].as_array().expect("a list");
    assert_eq!(loaded.len(), 2, "{shown:#}");
    assert_eq!(problems(&shown), Vec::<&str>::new(), "{shown:#}");
    let other = shown["workers"].as_array().expect("a list").iter();
    let mut other = other.filter(|it| it["templates"] == "f00ff00ff00f");
    let other = other.next().expect("the other one");
    // As one of an earlier version.
    assert_eq!(other["renderers"], Value::Null, "{shown:#}");
    let printed = world.program(&["status"]).run().await.succeeded();
    let words = "workers have loaded different templates: ";
    assert!(printed.contains(words), "{printed}");
    assert!(printed.contains("f00ff00ff00f by 1"), "{printed}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_report_itself_works_all_the_same() {
    let world = World::new(Options::sqlite()).await;
    world.execute("DROP TABLE worker").await;
    let mut worker = world.worker(&[]).await;
    worker.emits("worker_not_reported").await;
    world.publish_many(samples::many(3)).await;
    world.assert_settled(3, 0).await;
    worker.stop().await;
    assert_eq!(worker.events("worker_not_reported").len(), 1);
    let complaints = worker.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_away_are_shown_within_seconds_beside_what_is_known() {
    let world = World::new(Options::sqlite()).await;
    world.publish_many(samples::many(1)).await;
    let (_port, closed) = closed_port();
    let (silent, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    silent.set(Mode::Stall);
    let began = Instant::now();
    let run = world.program(&["status", "--json"]).envs([
        ("AWS_ENDPOINT_URL_S3", endpoint.as_str()),
        (
            "DATABASE_URL",
            &format!("postgres://u:hush-hush@{closed}/x"),
        ),
    ]);
    let run: Finished = run.run().await;
    let took = began.elapsed();
    assert!(took.as_secs() < 15, "{took:?}");
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(!format!("{run:?}").contains("hush-hush"), "{run:#?}");
    let shown: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(
        problems(&shown),
        ["server_down", "server_down", "no_worker"]
    );
    assert_eq!(shown["servers"][1]["error"], "no answer within 5 s");
    assert_eq!(shown["lanes"][0]["requests"]["ready"], 1, "{shown:#}");
    assert_eq!(shown["workers"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_that_is_missing_is_named_and_not_made() {
    let world = World::new(Options::sqlite()).await;
    let file = world.path("other.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let run = world.program(&["status", "--json"]);
    let run = run.envs([("DATABASE_URL", url.as_str())]).run().await;
    let shown: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(problems(&shown), ["server_down", "no_worker"], "{shown:#}");
    let error = shown["servers"][2]["error"].as_str().expect("an error");
    assert!(error.contains("there is no file "), "{error}");
    assert!(!file.exists(), "looking at the state makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_appends_to_a_file_and_ends_well_with_ctrl_c() {
    let world = World::new(Options::sqlite()).await;
    let watching = world.program(&["status", "--watch", "--json"]);
    let finished = watching.interrupted_after_lines(2).await;
    assert_eq!(finished.code, 0, "{finished:#?}");
    for line in finished.stdout.lines() {
        let shown: Value = serde_json::from_str(line).expect("an object a line");
        assert_eq!(problems(&shown), ["no_worker"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_shows_the_same_to_whoever_may_read() {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    let mut serve = world.serve().await;
    let shown = eventually("the worker", async || {
        let shown = serve.client().get("/v1/status").await.is(200);
        let is_there = shown["workers"][0]["state"] == "working";
        if is_there { Ok(shown) } else { Err(shown) }
    })
    .await;
    assert_eq!(problems(&shown), Vec::<&str>::new(), "{shown:#}");
    let printed = status(&world).await;
    let names = |value: &Value| -> Vec<String> {
        let members = value.as_object().expect("an object");
        members.keys().cloned().collect()
    };
    assert_eq!(names(&shown), names(&printed));
    assert_eq!(shown["workers"][0]["pid"], printed["workers"][0]["pid"]);
    worker.stop().await;
    serve.stop().await;
}

/// A request that had failed long ago counts when its document is generated.
#[tokio::test(flavor = "multi_thread")]
async fn documents_count_from_when_they_are_generated() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    world.publish(samples::receipt().to_string()).await;
    world.assert_settled(1, 0).await;
    world
        .execute(
            "UPDATE sales_invoice SET id = '018bcfe5-6800-7000-8000-000000000000', created_at = now() - interval '1 day'",
        )
        .await;
    shows(&world, "the document", |seen| {
        seen["documents"]["lastMinute"] == 1
    })
    .await;
    world
        .execute("UPDATE sales_invoice SET generated_at = now() - interval '2 minutes'")
        .await;
    shows(&world, "the document of two minutes ago", |seen| {
        seen["documents"]["lastMinute"] == 0 && seen["documents"]["lastFiveMinutes"] == 1
    })
    .await;
    worker.stop().await;
}
