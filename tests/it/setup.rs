//! `setup`: makes what is missing.

use crate::harness::{Options, World, samples};

/// Names that nothing has yet.
fn fresh(world: &World) -> [(&'static str, String); 4] {
    let id = &world.id;
    [
        ("AMQP_EXCHANGE", format!("it.{id}.fresh")),
        ("AMQP_QUEUE", format!("it.{id}.fresh.requests")),
        ("AWS_S3_BUCKET_NAME", format!("it-{id}-fresh")),
        (
            "DATABASE_URL",
            format!("sqlite://{}?mode=rwc", world.path("new/fresh.db").display()),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_made_once_and_a_worker_works_with_it() {
    let world = World::new(Options::sqlite()).await;
    let fresh = fresh(&world);
    let [(_, exchange), (_, queue), (_, bucket), _] = &fresh;
    let run = |arguments: &[&str]| {
        let variables = fresh.iter().map(|(name, value)| (*name, value.as_str()));
        world.program(arguments).envs(variables).run()
    };
    let checked = run(&["check"]).await;
    assert_eq!(checked.code, 1, "{checked:#?}");
    let next = checked
        .stdout
        .lines()
        .filter(|line| line.starts_with("next: "));
    let next: Vec<&str> = next.collect();
    assert_eq!(next, ["next: `invoice-worker setup` makes what is missing"]);
    let place = format!(
        "bucket \"{bucket}\" at {}",
        world.variables["AWS_ENDPOINT_URL_S3"]
    );
    assert!(checked.stdout.contains(&place), "{checked:#?}");

    let dry = run(&["setup", "--dry-run"]).await.succeeded();
    for line in [
        format!("bucket {bucket}: would make the bucket\n"),
        format!("broker: would make exchange {exchange}, "),
        "database: would make the file ".to_owned(),
    ] {
        assert!(dry.contains(&line), "{line} {dry}");
    }
    assert!(!world.path("new").exists(), "a dry run makes nothing");
    assert_eq!(run(&["setup", "--dry-run"]).await.succeeded(), dry);

    let made = run(&["setup"]).await;
    assert_eq!(made.stderr, "", "quiet where nothing is wrong");
    let made = made.succeeded();
    for line in [
        format!("bucket {bucket}: made the bucket\n"),
        "database: made ".to_owned(),
        format!("queue {queue}.bulk"),
    ] {
        assert!(made.contains(&line), "{line} {made}");
    }
    let again = run(&["setup"]).await.succeeded();
    assert_eq!(again.matches(": was there\n").count(), 3, "{again}");
    let dry = run(&["setup", "--dry-run"]).await.succeeded();
    assert!(!dry.contains("makes what is missing"), "{dry}");
    let checked = run(&["check"]).await.succeeded();
    assert!(
        checked.starts_with("broker: ok\nbucket: ok\ndatabase: ok\n"),
        "{checked}"
    );

    let variables: Vec<(&str, &str)> = fresh
        .iter()
        .map(|(name, it)| (*name, it.as_str()))
        .collect();
    let mut worker = world.worker(&variables).await;
    let file = world.path("one.json");
    std::fs::write(&file, samples::receipt().to_string()).expect("written");
    let file = file.to_str().expect("UTF-8");
    run(&["request", file]).await.succeeded();
    worker.emits("processed").await;
    assert_eq!(worker.processed("generated").len(), 1);
    worker.stop().await;
    world.forget_topology(exchange, queue).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_made_is_told_with_who_has_to_make_it() {
    let world = World::new(Options::default()).await;
    let url = &world.variables["DATABASE_URL"];
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    let setup = world.program(&["setup"]);
    let setup = setup.envs([("DATABASE_URL", format!("{server}/no_such_database"))]);
    let setup = setup.run().await;
    assert_eq!(setup.code, 1, "{setup:#?}");
    assert!(
        setup
            .stdout
            .contains("have an administrator of the server create it"),
        "{setup:#?}"
    );
    assert!(setup.stdout.contains("broker: was there"), "{setup:#?}");
}
