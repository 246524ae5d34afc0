//! `activity` and `GET /v1/activity`: what the workers have done.

use invoice_worker::database::Database;
use serde_json::Value;
use time::OffsetDateTime;

use crate::dead_letters::wrong;
use crate::harness::{Message, Options, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// What the command prints for programs.
async fn activity(world: &World, span: &str) -> Value {
    let arguments = ["activity", "--span", span, "--json"];
    let printed = world.program(&arguments).run().await.succeeded();
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// Lets so many minutes pass, as far as the figures are concerned.
async fn minutes_pass(world: &World, minutes: u32) {
    let earlier = format!("UPDATE activity SET minute = minute - {minutes}");
    world.execute(&earlier).await;
}

/// Some documents, one of them requested twice, and a dead letter, by a worker that has ended.
pub(crate) async fn work(world: &World) {
    let mut worker = world.worker(&[]).await;
    world.publish_many(samples::many(4)).await;
    world.assert_settled(4, 0).await;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    for body in [
        samples::many(1).remove(0),
        wrong(1).to_string().into_bytes(),
    ] {
        let message = Message {
            timestamp: now.try_into().ok(),
            ..Message::new(body)
        };
        world.send(&message).await;
    }
    world.assert_settled(4, 1).await;
    worker.stop().await;
    minutes_pass(world, 2).await;
}

fn stage<'a>(figures: &'a Value, name: &str) -> &'a Value {
    let stages = figures["stages"].as_array().expect("a list");
    let found = stages.iter().find(|stage| stage["stage"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {figures:#}"))
}

async fn what_was_done_is_shown(options: Options) {
    let world = World::new(options).await;
    let nothing = activity(&world, "hour").await;
    assert_eq!(nothing["total"]["outcomes"]["generated"], 0, "{nothing:#}");
    assert_eq!(nothing["total"]["stages"], Value::Array(Vec::new()));
    assert_eq!(nothing["retries"], Value::Array(Vec::new()));
    work(&world).await;
    for (span, minutes, steps) in [("hour", 1, 60), ("day", 10, 144)] {
        let shown = activity(&world, span).await;
        assert_eq!(shown["span"], span);
        assert_eq!(shown["stepMinutes"], minutes);
        assert_eq!(shown["steps"].as_array().map(Vec::len), Some(steps));
        let total = &shown["total"];
        let outcomes = &total["outcomes"];
        assert_eq!(outcomes["generated"], 4, "{total:#}");
        assert_eq!(outcomes["alreadyGenerated"], 1, "{total:#}");
        assert_eq!(outcomes["deadLettered"], 1, "{total:#}");
        for (name, count) in [
            ("parse", 6),
            ("render", 4),
            ("upload", 4),
            // Those that have a timestamp.
            ("publish_to_ack", 2),
        ] {
            assert_eq!(stage(total, name)["count"], count, "{total:#}");
        }
        let render = stage(total, "render");
        let percentiles = [&render["p50Ms"], &render["p95Ms"]].map(|it| it.as_f64());
        let [Some(p50), Some(p95)] = percentiles else {
            panic!("{render:#}");
        };
        assert!(0.1 <= p50 && p50 <= p95 && p95 < 60_000.0, "{render:#}");
        let steps = shown["steps"].as_array().expect("a list").iter();
        let generated = steps.map(|step| step["outcomes"]["generated"].as_u64().expect("a count"));
        assert_eq!(generated.sum::<u64>(), 4, "{shown:#}");
    }
    let printed = world.program(&["activity"]).run().await.succeeded();
    for words in [
        "generated 4, generated before 1",
        "dead-lettered 1",
        "publish_to_ack",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_shown_with_postgresql() {
    what_was_done_is_shown(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_shown_with_sqlite() {
    what_was_done_is_shown(Options::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_shows_the_same() {
    let world = World::new(Options::sqlite()).await;
    work(&world).await;
    let mut serve = world.serve().await;
    let client = serve.client();
    let shown = client.get("/v1/activity?span=day").await.is(200);
    assert_eq!(shown["total"]["outcomes"]["generated"], 4, "{shown:#}");
    assert_eq!(shown["span"], "day");
    let usual = client.get("/v1/activity").await.is(200);
    assert_eq!(usual["span"], "hour");
    for query in ["span=week", "hours=1"] {
        let answer = client.get(&format!("/v1/activity?{query}")).await;
        answer.is_problem(400, "parameter_invalid");
    }
    serve.stop().await;
}

/// Rows of another worker: three of them are more than an hour old, one is more than a day old, and one is of a wrong clock.
async fn old_rows(world: &World, now: &str) {
    let rows = [
        ("a", 1),
        ("b", 90),
        ("c", 90),
        ("d", 600),
        ("e", 1_600),
        ("f", -2_000),
    ];
    let rows = rows.map(|(id, age)| {
        format!(
            r#"('{id}', {now} / 60 - {age}, 1, 'w', '{{"generated":2,"retried":1}}', '{{"render":[30,2]}}',
            '{{"storage_failed":{{"count":1,"last":{age},"detail":"{id}"}}}}')"#
        )
    });
    // In one statement, which has one moment: no minute ends between two of them.
    let insert = format!(
        "INSERT INTO activity (id, minute, minutes, worker, outcomes, stages, retries) VALUES {}",
        rows.join(", ")
    );
    world.execute(&insert).await;
    minutes_pass(world, 1).await;
}

async fn old_figures_are_added_up_and_forgotten(options: Options, now: &str) {
    let world = World::new(options).await;
    old_rows(&world, now).await;
    let before = activity(&world, "day").await;
    assert_eq!(before["total"]["outcomes"]["generated"], 8, "{before:#}");
    let retry = &before["retries"][0];
    assert_eq!(retry["code"], "storage_failed", "{before:#}");
    assert_eq!(retry["count"], 4, "{before:#}");
    assert_eq!(retry["detail"], "d", "of the last one: {before:#}");

    let mut worker = world.worker(&[]).await;
    let url = world.settings.database.url().expect("a URL");
    let database = Database::connect(url, true).await.expect("a database");
    let minutes = eventually("old rows that are added up", async || {
        let rows = database.activity(i64::MIN, i64::MAX).await;
        let rows = rows.expect("the rows").into_iter();
        let mut minutes: Vec<i64> = rows.map(|row| row.minute).collect();
        minutes.sort();
        if minutes.len() == 3 {
            Ok(minutes)
        } else {
            Err(minutes)
        }
    })
    .await;
    assert!(
        minutes[..2].iter().all(|minute| minute % 10 == 0),
        "{minutes:?}"
    );
    let after = activity(&world, "day").await;
    for member in ["outcomes", "stages"] {
        assert_eq!(before["total"][member], after["total"][member], "{after:#}");
    }
    assert_eq!(before["retries"], after["retries"], "{after:#}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_figures_are_added_up_and_forgotten_with_postgresql() {
    let now = "CAST(EXTRACT(EPOCH FROM now()) AS BIGINT)";
    old_figures_are_added_up_and_forgotten(Options::default(), now).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_figures_are_added_up_and_forgotten_with_sqlite() {
    let now = "CAST(strftime('%s', 'now') AS INTEGER)";
    old_figures_are_added_up_and_forgotten(Options::sqlite(), now).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_while_the_database_is_away_is_shown_when_it_is_back() {
    let world = World::new(Options::default()).await;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let impatient = ("RETRY_IN_PLACE_SECONDS", "0");
    let mut worker = world.worker(&[("DATABASE_URL", &url), impatient]).await;
    let requests = samples::many(5);
    world.publish_many(requests[..2].to_vec()).await;
    world.assert_settled(2, 0).await;
    proxy.set(Mode::Refuse);
    world.publish_many(requests[2..].to_vec()).await;
    worker.reaches_attempt(2).await;
    proxy.set(Mode::Pass);
    world.assert_settled(5, 0).await;
    worker.stop().await;
    minutes_pass(&world, 2).await;
    let shown = activity(&world, "hour").await;
    let outcomes = &shown["total"]["outcomes"];
    assert_eq!(outcomes["generated"], 5, "{shown:#}");
    assert!(outcomes["retried"].as_u64() >= Some(1), "{shown:#}");
    let retry = &shown["retries"][0];
    let code = retry["code"].as_str().expect("a code");
    assert!(code.starts_with("database_"), "{shown:#}");
    let retries = shown["retries"].as_array().expect("a list").iter();
    let counts = retries.map(|retry| retry["count"].as_u64().expect("a count"));
    assert_eq!(
        Some(counts.sum::<u64>()),
        outcomes["retried"].as_u64(),
        "{shown:#}"
    );
    assert!(retry["lastAt"].is_string(), "{shown:#}");
    assert_ne!(retry["detail"], "", "{shown:#}");
    let printed = world.program(&["activity"]).run().await.succeeded();
    for words in ["RETRIED FOR", code] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_write_what_it_has_done_works_all_the_same() {
    let world = World::new(Options::sqlite()).await;
    world.execute("DROP TABLE activity").await;
    let mut worker = world.worker(&[]).await;
    worker.emits("activity_not_written").await;
    world.publish_many(samples::many(3)).await;
    world.assert_settled(3, 0).await;
    worker.stop().await;
    assert_eq!(worker.events("activity_not_written").len(), 1);
    let complaints = worker.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
