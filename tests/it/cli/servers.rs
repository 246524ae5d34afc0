//! `check`: can the servers be reached?

use std::time::Instant;

use invoice_worker::storage::Storage;
use sea_orm::ConnectionTrait as _;

use crate::harness::{Options, World, closed_port};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn check_says_ok_for_each_server() {
    let world = World::new(Options::default()).await;
    let check = world.program(&["check"]);
    let check = check.envs([("ARCHIVE_TEMPLATES", "true")]);
    let printed = check.run().await.succeeded();
    let end = "next: `invoice-worker worker`, then `invoice-worker status`\n";
    let printed = printed.strip_suffix(end).expect("what comes next");
    let (servers, fonts) = printed.split_once("fonts: ").expect("the fonts");
    assert_eq!(
        servers,
        "broker: ok\nbucket: ok\ndatabase: ok\n\
         template archive: 5 of 5 templates and brands are not stored; a worker stores them at its start\n"
    );
    let fonts = fonts
        .strip_suffix(
            "templates: ok
",
        )
        .expect("the templates");
    // The repository has no font for four of its languages, which need the same one.
    let fonts: Vec<&str> = fonts.lines().collect();
    assert_eq!(fonts.len(), 1, "{printed}");
    assert!(fonts[0].starts_with("locales ja, ko, zh"), "{printed}");
    assert!(fonts[0].contains(" need a CJK font"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_has_one_line_for_each_server_that_is_away_and_ends_with_1() {
    let world = World::new(Options::sqlite()).await;
    let (_port, closed) = closed_port();
    let away = world
        .program(&["check"])
        .envs([
            ("AMQP_URL", format!("amqp://guest:hush-hush@{closed}/%2f")),
            (
                "DATABASE_URL",
                format!("postgres://postgres:hush-hush@{closed}/x"),
            ),
            ("AWS_ENDPOINT_URL_S3", format!("http://{closed}")),
        ])
        .run()
        .await;
    assert_eq!(away.code, 1, "{away:#?}");
    let starts = ["broker: ", "bucket: ", "database: "];
    for (line, start) in away.stdout.lines().zip(starts) {
        assert!(
            line.starts_with(start) && !line.ends_with(": ok"),
            "{away:#?}"
        );
    }
    for line in [
        format!("broker: broker unreachable: {closed}: "),
        format!(
            "bucket: object store unreachable: http://{closed}: tcp connect error: Connection refused"
        ),
        format!("database: database unreachable: {closed}: Connection refused"),
    ] {
        assert!(away.stdout.contains(&line), "{line} {away:#?}");
    }
    assert!(!format!("{away:?}").contains("hush-hush"), "{away:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_does_not_wait_for_a_server_that_is_silent() {
    let world = World::new(Options::sqlite()).await;
    let (silent, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    silent.set(Mode::Stall);
    let began = Instant::now();
    let check = world.program(&["check"]);
    // Samples are not rendered: how long that takes depends on the machine.
    let variables = [("AWS_ENDPOINT_URL_S3", &*endpoint), ("TEMPLATES_DIR", "")];
    let check = check.envs(variables).run().await;
    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    assert_eq!(check.code, 1, "{check:#?}");
    let lines: Vec<&str> = check.stdout.lines().take(3).collect();
    assert_eq!(
        lines,
        ["broker: ok", "bucket: no answer within 5 s", "database: ok"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_that_is_not_there_is_named_with_what_is_missing() {
    let world = World::new(Options::sqlite()).await;
    let url = format!("sqlite://{}", world.path("nodir/z.db").display());
    let check = world.program(&["check"]).envs([("DATABASE_URL", &url)]);
    let check = check.run().await;
    assert_eq!(check.code, 1, "{check:#?}");
    assert!(check.stdout.contains("z.db (DATABASE_URL)"), "{check:#?}");
    assert!(check.stdout.contains("add ?mode=rwc"), "{check:#?}");
    assert!(
        !check.stdout.contains("next: `invoice-worker setup`"),
        "{check:#?}"
    );
    let migrate = world.program(&["migrate", "up"]);
    let migrate = migrate.envs([("DATABASE_URL", &url)]).run().await;
    assert_eq!(migrate.code, 1, "{migrate:#?}");
    let folder = world.path("nodir");
    let words = format!(
        "nodir/z.db (DATABASE_URL): the folder {} does not exist; with ?mode=rwc",
        folder.display()
    );
    assert!(migrate.stderr.contains(&words), "{migrate:#?}");
}

#[tokio::test]
async fn a_migration_says_what_it_did_and_nothing_else() {
    let world = World::new(Options {
        unmigrated: true,
        ..Options::default()
    })
    .await;
    for expected in ["; migrations applied: ", "the schema is up to date\n"] {
        let migrate = world.program(&["migrate", "up"]).run().await;
        assert_eq!(migrate.stderr, "");
        let printed = migrate.succeeded();
        assert!(printed.contains(expected), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_missing_queues_and_creates_none() {
    let world = World::new(Options::sqlite()).await;
    let misspelt = format!("it.{}.misspelt", world.id);
    for _ in 0..2 {
        let check = world.program(&["check"]);
        let printed = check.envs([("AMQP_QUEUE", &misspelt)]).run().await;
        assert_eq!(printed.code, 1, "{printed:#?}");
        let broker = printed.stdout.lines().next().expect("a line");
        let start = format!(
            "broker: missing: queue {misspelt}, queue {misspelt}.bulk, queue {misspelt}.dead, "
        );
        assert!(broker.starts_with(&start), "{printed:#?}");
    }
    let other = world.program(&["check"]);
    let printed = other.envs([("DELIVERY_LIMIT", "7")]).run().await;
    assert_eq!(printed.code, 1, "{printed:#?}");
    assert!(printed.stdout.contains("other arguments"), "{printed:#?}");
    assert!(
        printed.stdout.contains("set DELIVERY_LIMIT"),
        "{printed:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_about_a_broker_url_without_a_virtual_host_shows_how_the_default_one_is_written()
{
    let world = World::new(Options::sqlite()).await;
    let (server, _) = world.variables["AMQP_URL"].rsplit_once('/').expect("a URL");
    let check = world.program(&["check"]);
    let printed = check.envs([("AMQP_URL", format!("{server}/"))]).run().await;
    assert_eq!(printed.code, 1, "{printed:#?}");
    assert!(
        printed.stdout.contains("%2f for the default one"),
        "{printed:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_there_is_used_as_it_is() {
    let world = World::new(Options {
        sqlite: true,
        seaweedfs: true,
        ..Options::default()
    })
    .await;
    let storage = Storage::connect(&world.settings.storage).await;
    let made = storage.expect("a client").create_bucket().await;
    made.expect("no complaint");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_is_missing() {
    let world = World::new(Options::default()).await;
    let (database, _) = world.variables["DATABASE_URL"]
        .rsplit_once('/')
        .expect("a URL");
    let wrong = world
        .program(&["check"])
        .envs([
            ("AWS_S3_BUCKET_NAME", "no-such-bucket".to_owned()),
            ("DATABASE_URL", format!("{database}/no_such_database")),
        ])
        .run()
        .await;
    assert_eq!(wrong.code, 1, "{wrong:#?}");
    let lines: Vec<&str> = wrong.stdout.lines().collect();
    assert_eq!(lines[0], "broker: ok");
    let place = &world.variables["AWS_ENDPOINT_URL_S3"];
    let bucket = format!("bucket: bucket \"no-such-bucket\" at {place} does not exist");
    assert!(lines[1].starts_with(&bucket), "{wrong:#?}");
    assert!(
        wrong.stdout.contains("next: `invoice-worker setup`"),
        "{wrong:#?}"
    );
    assert!(lines[2].contains("no_such_database"), "{wrong:#?}");
}

/// Names have letters that such a database cannot store.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_utf8_is_refused() {
    let world = World::new(Options::default()).await;
    let url = &world.variables["DATABASE_URL"];
    let (server, name) = url.rsplit_once('/').expect("a URL with a database");
    let admin = sea_orm::Database::connect(format!("{server}/postgres")).await;
    let admin = admin.expect("the server can be reached");
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let other = format!("{name}_{}", encoding.to_lowercase());
        let create = format!(
            "CREATE DATABASE {other} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        admin.execute_unprepared(&create).await.expect("created");
        for command in [&["migrate", "up"][..], &["check"], &["worker"]] {
            let run = world.program(command);
            let run = run.envs([("DATABASE_URL", format!("{server}/{other}"))]);
            let run = run.run().await;
            assert_eq!(run.code, 2, "{run:#?}");
            let sentence = format!("the database has the encoding {encoding}");
            assert!(run.stderr.contains(&sentence), "{run:#?}");
        }
        let drop = format!("DROP DATABASE {other} WITH (FORCE)");
        admin.execute_unprepared(&drop).await.expect("dropped");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_and_config_name_settings_of_the_api_that_serve_would_refuse() {
    let world = World::new(Options::sqlite()).await;
    for (variable, value, problem) in [
        ("HTTP_TOKENS", r#"[{"name":"x"}]"#, "missing field `sha256`"),
        ("HTTP_TOKENS_FILE", "nofile.json", "nofile.json"),
    ] {
        for command in ["check", "config"] {
            let run = world.program(&[command]).envs([(variable, value)]);
            let run = run.run().await;
            assert_eq!(run.code, 2, "{run:#?}");
            assert!(run.stderr.contains(variable), "{run:#?}");
            assert!(run.stderr.contains(problem), "{run:#?}");
        }
    }
}
