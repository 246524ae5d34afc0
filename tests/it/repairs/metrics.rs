//! What a scrape says of repairs.

use serde_json::json;

use super::{because, decide, store, tried, until, without_totals, world_with};
use crate::dead_letters::wrong;
use crate::harness::Options;
use crate::observe::{scrape_by, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_counts_the_letters_that_are_tried_and_edited() {
    let (world, database) = world_with(Options::sqlite(), 3).await;
    let mut invalid = wrong(4);
    invalid["currency"] = json!("XXY");
    store(&database, 4, &invalid).await;
    let serve = world.serve().await;
    let client = serve.client();
    let tried_total = |verdict: &str| {
        format!("invoice_worker_repair_letters_tried_total{{verdict=\"{verdict}\"}}")
    };
    let applied_total = |result: &str| {
        format!("invoice_worker_repair_letters_applied_total{{result=\"{result}\"}}")
    };
    let in_work =
        ["try", "apply"].map(|work| format!("invoice_worker_repairs_in_work{{work=\"{work}\"}}"));
    // Before anything has happened, so that the first increase is seen as one.
    let before = scrape_by(&client).await;
    for series in [tried_total("conflict"), applied_total("edited")] {
        assert_eq!(value(&before, &series), Some(0.0), "{series}: {before}");
    }

    let (path, _) = tried(&client, &without_totals()).await;
    let discard = json!({ "targets": { "ids": [3] }, "reason": "not needed" });
    let discarded = client.post("/v1/dead-letters/discard", &discard).await;
    discarded.is(200);
    decide(&client, &path, "apply", &because("now"))
        .await
        .is(200);
    until(&client, &path, "replaying").await;
    // A scrape may be as old as a second.
    let text = crate::harness::eventually("counts of a repair", async || {
        let text = scrape_by(&client).await;
        match value(&text, &applied_total("skipped")) {
            Some(1.0) => Ok(text),
            _ => Err(text),
        }
    })
    .await;
    for (series, expected) in [
        (tried_total("would_issue"), 3.0),
        (tried_total("invalid"), 1.0),
        (applied_total("edited"), 2.0),
    ] {
        assert_eq!(value(&text, &series), Some(expected), "{series}: {text}");
    }
    crate::harness::eventually("no repair in work", async || {
        let text = scrape_by(&client).await;
        let all = in_work.each_ref().map(|series| value(&text, series));
        if all == [Some(0.0); 2] {
            Ok(())
        } else {
            Err(all)
        }
    })
    .await;
}
