//! `check`: can the servers be reached?

use std::net::{Ipv4Addr, TcpListener};

use crate::harness::{Options, World};

#[tokio::test(flavor = "multi_thread")]
async fn check_says_ok_for_each_server() {
    let world = World::new(Options::default()).await;
    let told = world.program(&["check"]).run().await.succeeded();
    let (servers, fonts) = told.split_once("fonts: ").expect("the fonts");
    assert_eq!(servers, "broker: ok\nbucket: ok\ndatabase: ok\n");
    // The repository has no font for four of its languages.
    let fonts: Vec<&str> = fonts.lines().collect();
    assert_eq!(fonts.len(), 4, "{told}");
    assert!(fonts[0].starts_with("locale ja needs a CJK font"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_has_one_line_for_each_server_that_is_away_and_ends_with_1() {
    let world = World::new(Options {
        sqlite: true,
        ..Options::default()
    })
    .await;
    // Bound and never listened on by a server of ours: the port refuses as soon as the listener is gone.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let nobody = listener.local_addr().expect("an address");
    drop(listener);
    let away = world
        .program(&["check"])
        .envs([
            ("AMQP_URL", format!("amqp://guest:hush-hush@{nobody}/%2f")),
            (
                "DATABASE_URL",
                format!("postgres://postgres:hush-hush@{nobody}/x"),
            ),
            ("AWS_ENDPOINT_URL_S3", format!("http://{nobody}")),
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
    assert!(!format!("{away:?}").contains("hush-hush"), "{away:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_what_exactly_is_missing() {
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
    assert!(lines[1].contains("bucket does not exist"), "{wrong:#?}");
    assert!(lines[2].contains("no_such_database"), "{wrong:#?}");
}
