//! How sessions begin and end.

use invoice_worker::database::Database;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{LOOK, OPERATE, Page, READ, cookie, leads_to_sign_in, serve, sign_in};
use crate::api::tokens::entry;
use crate::dead_letters::database;
use crate::harness::{Options, World, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_on_postgresql() {
    a_session_ends_without_a_visitor_and_at_its_time(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_on_sqlite() {
    a_session_ends_without_a_visitor_and_at_its_time(Options::sqlite()).await;
}

async fn was_seen(database: &Database, page: &Page, minutes_ago: i64) {
    let at = OffsetDateTime::now_utc() - Duration::minutes(minutes_ago);
    let seen = database.see_session(&page.session(), at).await;
    seen.expect("the database can be written");
}

async fn a_session_ends_without_a_visitor_and_at_its_time(options: Options) {
    let world = World::new(options).await;
    let serve = serve(&world).await;
    let database = database(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    let other = Page::sign_in(&serve, READ).await;

    // A page that looks by itself does not keep it.
    was_seen(&database, &page, 29).await;
    let live = page.client().header("X-Live", "1");
    live.get("/").await.shows(&["looker"]);
    let row = database.session(&page.session()).await.expect("a database");
    let age = OffsetDateTime::now_utc() - row.expect("the session").seen_at;
    assert!(age > Duration::minutes(28), "{age}");
    // A visit keeps it, and is noted.
    page.get("/").await.shows(&["looker"]);
    let row = database.session(&page.session()).await.expect("a database");
    let row = row.expect("the session");
    let age = OffsetDateTime::now_utc() - row.seen_at;
    assert!(age < Duration::minutes(1), "{row:?}");
    assert_eq!(row.ends_at - row.created_at, Duration::hours(12));
    was_seen(&database, &page, 31).await;
    leads_to_sign_in(&page.get("/").await);
    let action = page.post("/sign-out", &[]).await;
    assert_eq!(
        (action.status, action.header("location")),
        (303, Some("/sign-in?notice=session-ended"))
    );

    // The end of the day comes for busy visitors too.
    other.get("/").await.shows(&["reader"]);
    let url = &world.variables["DATABASE_URL"];
    let connection = sea_orm::Database::connect(url.as_str()).await;
    let connection = connection.expect("the database can be reached");
    let over = "UPDATE session SET ends_at = created_at";
    let over = connection.execute_unprepared(over).await;
    over.expect("the database can be written");
    leads_to_sign_in(&other.get("/").await);

    // The next sign-in deletes what is over.
    Page::sign_in(&serve, OPERATE).await;
    for ended in [&page, &other] {
        let row = database.session(&ended.session()).await;
        assert_eq!(row.expect("a database"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_say_how_long_a_session_is() {
    let world = World::new(Options::sqlite()).await;
    let tokens = super::tokens();
    let serve = world
        .serve_with(&[
            ("HTTP_TOKENS", &tokens),
            ("SESSION_IDLE_MINUTES", "5"),
            ("SESSION_HOURS", "1"),
        ])
        .await;
    let database = database(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    let row = database.session(&page.session()).await.expect("a database");
    let row = row.expect("the session");
    assert_eq!(row.ends_at - row.created_at, Duration::hours(1));
    was_seen(&database, &page, 4).await;
    page.get("/").await.shows(&["looker"]);
    was_seen(&database, &page, 6).await;
    leads_to_sign_in(&page.get("/").await);
    for (variable, value) in [
        ("SESSION_IDLE_MINUTES", "0"),
        ("SESSION_HOURS", "169"),
        ("HTTP_PUBLIC_URL", "https://a.example/ops"),
    ] {
        let finished = world.program(&["serve"]).envs([(variable, value)]).run();
        let finished = finished.await;
        assert_eq!(finished.code, 2, "{finished:#?}");
        let text = &finished.stderr;
        assert!(text.contains(variable), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_the_roles_of_its_token_and_ends_with_it() {
    let world = World::new(Options::sqlite()).await;
    let file = world.path("tokens.json");
    let write = |entries: &[Value]| {
        let new = world.path("tokens.new");
        std::fs::write(&new, json!(entries).to_string()).expect("a file");
        std::fs::rename(&new, &file).expect("a file");
    };
    let none = json!({});
    let other = entry("other", READ, &["read"], &none);
    write(&[entry("a", LOOK, &["look"], &none), other.clone()]);
    let path = file.to_str().expect("UTF-8");
    let serve = world.serve_with(&[("HTTP_TOKENS_FILE", path)]).await;
    let page = Page::sign_in(&serve, LOOK).await;
    page.get("/").await.shows(&[">a<"]);

    write(&[entry("b", LOOK, &["operate"], &none), other.clone()]);
    eventually("the new name", async || {
        let answer = page.get("/").await;
        let html = answer.shows(&[]);
        if html.contains(">b<") {
            Ok(())
        } else {
            Err(html)
        }
    })
    .await;
    write(std::slice::from_ref(&other));
    eventually("the end of the session", async || {
        let status = page.get("/").await.status;
        if status == 303 { Ok(()) } else { Err(status) }
    })
    .await;
    // A token that comes back does not bring its sessions back.
    write(&[entry("a", LOOK, &["look"], &none), other]);
    eventually("the token", async || {
        let status = sign_in(&serve, LOOK, "/").await.status;
        if status == 303 { Ok(()) } else { Err(status) }
    })
    .await;
    leads_to_sign_in(&page.get("/").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_sessions_whose_secrets_no_server_keeps() {
    let world = World::new(Options::default()).await;
    let (one, other) = (serve(&world).await, serve(&world).await);
    let page = Page::sign_in(&one, OPERATE).await;
    let there = Page::with(&other, &page.cookie).await;
    there.get("/").await.shows(&["operator"]);
    let row = database(&world).await.session(&page.session()).await;
    let row = format!("{:?}", row.expect("a database").expect("the session"));
    let (_, secret) = page.cookie.split_once('=').expect("a cookie");
    assert!(!row.contains(secret) && !row.contains(OPERATE), "{row}");
    // Each sign-in has a session of its own, and ends the one before of the same browser.
    let again = Page::sign_in(&one, OPERATE).await;
    assert_ne!(
        (again.session(), again.csrf()),
        (page.session(), page.csrf())
    );
    assert_eq!(there.post("/sign-out", &[]).await.status, 303);
    leads_to_sign_in(&page.get("/").await);
    again.get("/").await.shows(&["operator"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tokens_the_first_visit_begins_a_session() {
    let world = World::new(Options::sqlite()).await;
    let serve = world.serve().await;
    let first = serve.client().get("/").await;
    let html = first.shows(&["local"]);
    assert!(!html.contains("Sign out"), "{html}");
    let page = Page::with(&serve, &cookie(&first, "invoice_session")).await;
    let second = page.get("/").await;
    assert_eq!(second.header("set-cookie"), None);
    let sign_in = serve.client().get("/sign-in").await;
    assert_eq!(
        (sign_in.status, sign_in.header("location")),
        (303, Some("/"))
    );
    // A form without a session changes nothing, and begins none.
    let forged = super::post(&serve.client(), "/sign-out", &[("csrf", "a")]).await;
    assert_eq!((forged.status, forged.header("set-cookie")), (403, None));
    forged.shows(&["nothing was changed"]);
    // Names of other machines are none of this one.
    let foreign = serve.client().header("Host", "evil.example").get("/").await;
    foreign.is_problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tokens_the_first_visit_begins_a_session_and_an_action_does_not() {
    let world = World::new(Options::sqlite()).await;
    let serve = world.serve().await;
    let page = Page::local(&serve).await;
    page.get("/").await.shows(&["<span>local</span>"]);
    let again = page.get("/").await;
    assert_eq!(again.headers("set-cookie").count(), 0, "{again:?}");
    let without = super::post(&serve.client(), "/sign-out", &[("csrf", page.csrf())]).await;
    assert_eq!(without.status, 403, "{without:?}");
    assert_eq!(without.headers("set-cookie").count(), 0, "{without:?}");
}
