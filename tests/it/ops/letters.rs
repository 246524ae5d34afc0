//! Dead letters: found, shown and discarded.

use invoice_worker::database::DeadLetterStatus;
use serde_json::{Value, json};
use time::macros::datetime;

use super::{LOOK, OPERATE, Page, READ, SHOP, link, location, post, serve};
use crate::api::operators::world_with;
use crate::dead_letters::{archived, database, letter, wrong};
use crate::harness::{Options, World};

/// Whether a list has a dead letter.
fn has(html: &str, id: i64) -> bool {
    html.contains(&format!("href=\"/dead-letters/{id}\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_found_by_their_cause() {
    let (world, database) = world_with(Options::sqlite(), 3).await;
    let other = database.store_dead_letters(&[letter(4, "conflict")]).await;
    other.expect("stored");
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, READ).await;
    let groups = page.get("/dead-letters").await;
    let html = groups.shows(&[
        "Open dead letters by cause",
        "validate: /totals/gross: is #",
        "another request was issued under this identity",
        "issue a correction under a new sequence number",
    ]);
    // The largest group is the first.
    let letters = link(&html, "/dead-letters?code=");
    assert_eq!(
        letters,
        "/dead-letters?code=totals_mismatch&stage=validate&pointer=%2Ftotals%2Fgross&status=open"
    );
    let html = page.get(&letters).await.shows(&["totals_mismatch"]);
    let found: Vec<i64> = (1..=4).filter(|id| has(&html, *id)).collect();
    assert_eq!(found, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_filters_and_pages() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, READ).await;
    for (filter, expected) in [
        ("status=open", &[1, 2, 3][..]),
        ("status=all&code=&shop=", &[1, 2, 3]),
        ("order=wrong-2", &[2]),
        ("text=wrong-3", &[3]),
        ("pointer=/totals/gross", &[1, 2, 3]),
        ("rule=BR-CO-15", &[]),
        ("since=2020-01-01&until=2020-01-02%2012:00", &[]),
        ("status=discarded", &[]),
    ] {
        let answer = page.get(&format!("/dead-letters?{filter}")).await;
        assert_eq!(answer.status, 200, "{filter}: {answer:?}");
        let html = answer.shows(&[]);
        let found: Vec<i64> = (1..=3).filter(|id| has(&html, *id)).collect();
        assert_eq!(found, expected, "{filter}");
        assert_eq!(html.contains("No dead letter matches"), expected.is_empty());
    }
    let first = page.get("/dead-letters?status=open&limit=2").await;
    let html = first.shows(&["Next page"]);
    assert!(has(&html, 3) && has(&html, 2) && !has(&html, 1), "{html}");
    let next = link(&html, "/dead-letters?status=open&#38;limit=2&#38;cursor=");
    let next = next.replace("&#38;", "&");
    let html = page.get(&next).await.shows(&[]);
    assert!(has(&html, 1) && !has(&html, 2), "{html}");
    assert!(!html.contains("Next page"), "{html}");
    for (wrong, status) in [
        (next.replace("status=open", "status=all"), 400),
        ("/dead-letters?status=open&cursor=a".to_owned(), 400),
        ("/dead-letters?code=total_mismatch".to_owned(), 400),
        ("/dead-letters?kode=a".to_owned(), 400),
        ("/dead-letters?since=yesterday".to_owned(), 400),
        ("/dead-letters/a".to_owned(), 400),
        ("/dead-letters/99".to_owned(), 404),
    ] {
        let answer = page.get(&wrong).await;
        assert_eq!(answer.status, status, "{wrong}: {answer:?}");
        answer.shows(&["<main id=\"main\">"]);
    }
}

/// A dead letter about a person, with a problem at the total.
async fn world_with_a_person() -> World {
    let world = World::new(Options::sqlite()).await;
    let mut request = wrong(1);
    request["buyer"] = json!({ "name": "Ann <i>Miller</i>" });
    let problem = json!([{
        "pointer": "/totals/gross", "code": "totals_mismatch", "rule": "BR-CO-15",
        "detail": "is \"1.00\" for \"Ann Miller\""
    }]);
    let mut letter = letter(1, "totals_mismatch");
    letter.payload = request.to_string().into_bytes();
    letter.detail = "is wrong for \"Ann Miller\"".to_owned();
    letter.headers = json!({
        "x-error-code": "totals_mismatch", "x-error-list": problem.to_string(), "tenant": "Ann Miller"
    })
    .to_string();
    let stored = database(&world).await.store_dead_letters(&[letter]).await;
    stored.expect("stored");
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_has_its_problems_at_their_places() {
    let world = world_with_a_person().await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, READ).await;
    let html = page.get("/dead-letters/1").await.shows(&[
        "<h1>Dead letter 1</h1>",
        "What it means",
        "href=\"#problem-0\"",
        "<span class=\"line marked\">    &#34;gross&#34;: &#34;1.00&#34;</span><span class=\"why\" id=\"problem-0\">/totals/gross",
        "BR-CO-15",
        "Ann &#60;i&#62;Miller",
        "Ann Miller",
        "It was not replayed.",
        "It was not edited.",
    ]);
    assert!(!html.contains("<i>Miller"), "{html}");
    let looker = Page::sign_in(&serve, LOOK).await;
    for path in [
        "/dead-letters/1",
        "/dead-letters?status=open",
        "/dead-letters",
    ] {
        let html = looker.get(path).await.shows(&["totals_mismatch"]);
        assert!(!html.contains("Miller"), "{path}: {html}");
    }
    looker.get("/dead-letters/1").await.shows(&[
        "&#34;name&#34;: &#34;***&#34;",
        "id=\"problem-0\"",
        "BR-CO-15",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_looker_cannot_search_for_what_is_masked_on_postgresql() {
    a_looker_cannot_search_for_what_is_masked(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_looker_cannot_search_for_what_is_masked_on_sqlite() {
    a_looker_cannot_search_for_what_is_masked(Options::sqlite()).await;
}

async fn a_looker_cannot_search_for_what_is_masked(options: Options) {
    let world = World::new(options).await;
    let mut letters = [letter(1, "totals_mismatch"), letter(2, "totals_mismatch")];
    let mut request = wrong(1);
    request["buyer"] = json!({ "name": "Ann Miller", "vatId": "DE123456789" });
    letters[0].payload = request.to_string().into_bytes();
    letters[0].detail = "/lines/3/netAmount: is \"/Miller: (Q7-1)\" for Ann (BR-CO-15)".to_owned();
    letters[1].detail = "is \"/Ann\" of \"Miller\": wrong".to_owned();
    let stored = database(&world).await.store_dead_letters(&letters).await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let looker = Page::sign_in(&serve, LOOK).await;
    let reader = Page::sign_in(&serve, READ).await;
    let find = "/dead-letters?status=open";
    for (filter, seen, read) in [
        ("rule=BR-CO-15", &[1][..], &[1][..]),
        ("rule=BR-CO-1", &[], &[1]),
        ("rule=Miller", &[], &[1, 2]),
        ("rule=Q7-1", &[], &[1]),
        ("rule=DE123456789", &[], &[1]),
        ("pointer=/lines/%23/netAmount", &[1], &[1]),
        ("pointer=/lines/3/netAmount", &[1], &[1]),
        ("pointer=/lines/7777/netAmount", &[], &[]),
        ("pointer=/%23/Miller", &[], &[1, 2]),
        ("pointer=/%23Ann", &[], &[1, 2]),
        ("pointer=/%25", &[], &[]),
        ("rule=BR-CO-15&pointer=/lines/%23/netAmount", &[1], &[1]),
    ] {
        for (page, expected) in [(&looker, seen), (&reader, read)] {
            let answer = page.get(&format!("{find}&{filter}")).await;
            assert_eq!(answer.status, 200, "{filter}: {answer:?}");
            let html = answer.shows(&[]);
            let found: Vec<i64> = (1..=2).filter(|id| has(&html, *id)).collect();
            assert_eq!(found, expected, "{filter}");
        }
    }
    for (filter, status) in [
        ("text=Miller", 403),
        ("text=DE12", 403),
        ("pointer=Miller", 400),
        ("pointer=/a%20b", 400),
        ("rule=Ann%20Miller", 400),
    ] {
        let refused = looker.get(&format!("{find}&{filter}")).await;
        assert_eq!(refused.status, status, "{filter}: {refused:?}");
        let html = refused.shows(&["<main id=\"main\">"]);
        assert!(!has(&html, 1), "{filter}: {html}");
    }
    let html = looker.get(find).await.shows(&["name=\"rule\""]);
    assert!(!html.contains("name=\"text\""), "{html}");
    reader.get(find).await.shows(&["name=\"text\""]);
    // Groups lead to their dead letters all the same.
    let html = looker
        .get("/dead-letters")
        .await
        .shows(&["totals_mismatch"]);
    let group = link(
        &html,
        "/dead-letters?code=totals_mismatch&#38;stage=validate&#38;rule=BR-CO-15",
    );
    let html = looker.get(&group.replace("&#38;", "&")).await.shows(&[]);
    assert!(has(&html, 1) && !has(&html, 2), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_is_shown_as_text() {
    let world = World::new(Options::sqlite()).await;
    let mut letter = letter(1, "request_malformed");
    letter.payload = b"<script>Ann</script>\xff".to_vec();
    let stored = database(&world).await.store_dead_letters(&[letter]).await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, READ).await;
    let html = page.get("/dead-letters/1").await.shows(&[
        "The body is not JSON.",
        "&#60;script&#62;Ann&#60;/script&#62;\u{fffd}",
    ]);
    assert!(!html.contains("<script>Ann"), "{html}");
    let looker = Page::sign_in(&serve, LOOK).await;
    let html = looker.get("/dead-letters/1").await.shows(&["***"]);
    assert!(!html.contains("Ann"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_body_that_is_larger_than_a_request_the_beginning_is_shown() {
    let world = World::new(Options::sqlite()).await;
    let mut letter = letter(1, "request_too_large");
    let mut request = wrong(1);
    request["buyer"] = json!({ "name": "Ann Miller" });
    let request = request.to_string();
    let rest = format!("[{}0]", "0,".repeat(5 << 19));
    letter.payload = format!("[{request},{rest}]").into_bytes();
    let size = letter.payload.len();
    let stored = database(&world).await.store_dead_letters(&[letter]).await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let large = "The body is larger than a request may be.";
    let answer = page.get("/dead-letters/1").await;
    answer.shows(&[large, "[{&#34;", "Ann Miller"]);
    assert!(answer.body.len() < 100_000, "{}", answer.body.len());
    let looker = Page::sign_in(&serve, LOOK).await;
    let masked = format!("*** ({size} bytes)");
    let html = looker.get("/dead-letters/1").await.shows(&[large, &masked]);
    assert!(!html.contains("Miller"), "{html}");
    let refused = page.get("/dead-letters/1/edit").await;
    assert_eq!(refused.status, 409, "{refused:?}");
    refused.shows(&["too large to edit here"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_change_dead_letters_sees_no_buttons_and_is_refused() {
    let (world, archive) = world_with(Options::sqlite(), 1).await;
    let serve = serve(&world).await;
    let operator = Page::sign_in(&serve, OPERATE).await;
    let buttons = [
        "/dead-letters/1/edit",
        "/dead-letters/1/replay",
        "/dead-letters/1/discard",
    ];
    operator.get("/dead-letters/1").await.shows(&buttons);
    for token in [LOOK, READ] {
        let page = Page::sign_in(&serve, token).await;
        let html = page.get("/dead-letters/1").await.shows(&[]);
        for button in buttons {
            assert!(!html.contains(button), "{button}: {html}");
            let refused = page.post(button, &[("reason", "why not")]).await;
            assert_eq!(refused.status, 403, "{button}: {refused:?}");
        }
        for path in [
            "/dead-letters/discard?status=open",
            "/replays/new?status=open",
            "/dead-letters/1/edit",
        ] {
            assert_eq!(page.get(path).await.status, 403, "{path}");
            let refused = page.post(path, &[("reason", "why not")]).await;
            assert_eq!(refused.status, 403, "{path}: {refused:?}");
        }
    }
    let shop = Page::sign_in(&serve, SHOP).await;
    for path in ["/dead-letters", "/dead-letters/1", "/replays", "/changes"] {
        assert_eq!(shop.get(path).await.status, 403, "{path}");
    }
    assert!(
        !shop
            .get("/")
            .await
            .shows(&[])
            .contains("href=\"/dead-letters\"")
    );
    for path in buttons {
        let forged = post(&operator.client(), path, &[("reason", "forged")]).await;
        assert_eq!(forged.status, 403, "{path}: {forged:?}");
    }
    let rows = archived(&archive).await;
    assert_eq!(rows[0].status, DeadLetterStatus::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_and_a_minute_have_their_last_second() {
    let (world, database) = world_with(Options::sqlite(), 0).await;
    let mut late = letter(1, "totals_mismatch");
    late.failed_at = datetime!(2020-01-02 23:59:59.5 UTC);
    database.store_dead_letters(&[late]).await.expect("stored");
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, READ).await;
    for (until, is_found) in [
        ("2020-01-01", false),
        ("2020-01-02", true),
        ("2020-01-02T23:58", false),
        ("2020-01-02T23:59", true),
    ] {
        let path = format!("/dead-letters?status=open&until={until}");
        let html = page.get(&path).await.shows(&[]);
        assert_eq!(has(&html, 1), is_found, "{until}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dead_letter_is_discarded_with_a_reason() {
    let (world, archive) = world_with(Options::sqlite(), 2).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let blank = page
        .post("/dead-letters/1/discard", &[("reason", " ")])
        .await;
    assert_eq!(blank.status, 400, "{blank:?}");
    let none = page
        .post("/dead-letters/9/discard", &[("reason", "a test")])
        .await;
    assert_eq!(none.status, 404, "{none:?}");
    let reason = [("reason", "a <b>test</b>")];
    let done = page.post("/dead-letters/1/discard", &reason).await;
    let html = page.get(&location(&done)).await.shows(&[
        "The dead letter is discarded.",
        "by operator: a &#60;b&#62;test&#60;/b&#62;",
        "Replay it again",
    ]);
    assert!(!html.contains("/dead-letters/1/edit"), "{html}");
    let again = page.post("/dead-letters/1/discard", &reason).await;
    assert_eq!(again.status, 409, "{again:?}");
    let states: Vec<_> = archived(&archive)
        .await
        .iter()
        .map(|row| row.status)
        .collect();
    assert_eq!(
        states,
        [DeadLetterStatus::Discarded, DeadLetterStatus::Open]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_matches_is_discarded_and_nothing_that_fails_later() {
    let (world, archive) = world_with(Options::sqlite(), 3).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let list = page.get("/dead-letters?code=totals_mismatch").await;
    let confirm = link(
        &list.shows(&["Discard all that match"]),
        "/dead-letters/discard?",
    );
    let html = page.get(&confirm).await.shows(&[
        "<span class=\"figure\">3</span> dead letters match",
        "totals_mismatch",
    ]);
    // A GET changes nothing.
    let is_open = |row: &Value| row["status"] == "open";
    assert!(
        archived(&archive)
            .await
            .iter()
            .all(|row| row.status == DeadLetterStatus::Open)
    );
    let later = archive
        .store_dead_letters(&[letter(4, "totals_mismatch")])
        .await;
    later.expect("stored");
    let action = link(
        &html,
        "/dead-letters/discard?code=totals_mismatch&#38;until=",
    );
    let done = page
        .post(&action.replace("&#38;", "&"), &[("reason", "tests")])
        .await;
    page.get(&location(&done))
        .await
        .shows(&["The dead letters are discarded."]);
    let client = serve.client_with(OPERATE);
    let open = client.get("/v1/dead-letters").await.is(200);
    let open = open["items"].as_array().expect("a list");
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open.iter().all(is_open) && open[0]["id"] == 4, "{open:?}");
    let nothing = page.get("/dead-letters/discard?order=none").await;
    nothing.shows(&[
        "<span class=\"figure\">0</span>",
        "no dead letter has order",
    ]);
    let refused = page
        .post("/dead-letters/discard?order=none", &[("reason", "tests")])
        .await;
    assert_eq!(refused.status, 409, "{refused:?}");
}
