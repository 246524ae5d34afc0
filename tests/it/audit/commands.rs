//! The command: how it goes on, its exit codes, its output.

use invoice::ObjectKey;

use super::damage::{Damage, delete};
use super::report::{Report, Running, audit, audit_with, text};
use super::stock::Stock;
use crate::harness::{Options, samples};

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_in_parts_finds_what_one_of_everything_finds() {
    let stock = Stock::new(Options::default()).await;
    stock.write(0..40).await;
    for index in (0..40).step_by(2) {
        let row = stock.row(index).await;
        let damage = [
            Damage::Missing,
            Damage::Cut,
            Damage::Orphaned,
            Damage::WithoutProof,
            Damage::OtherRequest,
            Damage::Open,
        ][index / 2 % 6];
        damage.happen_to(&stock, &row).await;
    }
    for index in [1, 3] {
        let digest = stock.row(index).await.request_digest;
        let statement =
            format!("UPDATE sales_invoice SET object_key = NULL WHERE request_digest = '{digest}'");
        stock.world.execute(&statement).await;
    }
    let whole = audit(&stock.world, &[]).await;
    assert_eq!(whole.findings.len(), 22, "{whole:#?}");
    let mut parts = Vec::new();
    let mut after = "key:".to_owned();
    let mut runs = 0;
    loop {
        runs += 1;
        let report = audit(&stock.world, &["--limit", "7", "--after", &after]).await;
        let nothing = report.findings.is_empty();
        assert_eq!(report.code, if nothing { 0 } else { 3 }, "{report:#?}");
        parts.extend(report.findings);
        if report.summary["complete"] == true {
            break;
        }
        after = report.summary["position"].as_str().expect("one").to_owned();
        assert!(report.stderr.contains(&after), "{}", report.stderr);
    }
    assert!(runs > 5, "{runs}");
    assert_eq!(parts, whole.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_that_is_interrupted_says_where_to_go_on() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.write(0..40).await;
    let keys = stock.world.objects().await;
    delete(&stock, &keys[0]).await;
    let slowly = Running::start(&stock.world, &[], &["--rate", "5"]);
    slowly.interrupt().await;
    let first = slowly.end().await;
    assert_eq!(first.code, 1, "{first:#?}");
    assert_eq!(first.only()["objectKey"], keys[0]);
    assert_eq!(first.summary["complete"], false, "{first:#?}");
    let position = text(&first.summary, "position");
    let to_go_on = format!("to go on: --after {position}");
    assert!(first.stderr.contains(&to_go_on), "{first:#?}");
    let second = audit(&stock.world, &["--after", position]).await;
    second.is_clean();
    let rows = |report: &Report| report.summary["rows"].as_u64().expect("a number");
    assert_eq!(rows(&first) + rows(&second), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_lists_in_another_order_is_an_error_and_gives_no_findings() {
    let stock = Stock::new(Options {
        sqlite: true,
        seaweedfs: true,
        ..Options::default()
    })
    .await;
    // By their bytes, `s-1/` is before `s/`; SeaweedFS lists the folder `s` before the folder `s-1`.
    for shop in ["s", "s-1"] {
        let mut request = stock.request(0);
        request["marketplace"]["shopId"] = shop.into();
        let key = ObjectKey::for_invoice(&samples::identity(&request));
        stock.upload(&request, &key, b"%PDF").await;
        stock.record(&request, &key, b"%PDF").await;
    }
    let report = audit(&stock.world, &[]).await;
    assert_eq!(report.code, 1, "{report:#?}");
    assert_eq!(report.counts(), [].into());
    assert!(report.stderr.contains("in another order"), "{report:#?}");
    let identity = samples::identity(&stock.request(0));
    for shop in ["s", "s-1"] {
        let arguments = ["--platform", identity.platform(), "--shop", shop];
        let report = audit(&stock.world, &arguments).await;
        report.is_clean();
        assert_eq!(report.summary["rows"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_what_was_found_from_what_went_wrong() {
    let stock = Stock::new(Options::sqlite()).await;
    let world = &stock.world;
    stock.write(0..2).await;
    let run = async |arguments: &[&str]| {
        let arguments = [&["audit", "--min-age", "0s"], arguments].concat();
        world.program(&arguments).run().await
    };
    let clean = run(&[]).await;
    assert!(clean.stdout.contains("nothing found"), "{clean:#?}");
    let clean = clean.succeeded();
    assert!(
        clean.starts_with("2 generated records, 2 objects"),
        "{clean}"
    );

    let row = stock.row(0).await;
    let key = row.object_key.as_deref().expect("a key");
    delete(&stock, key).await;
    let found = run(&[]).await;
    assert_eq!(found.code, 3, "{found:#?}");
    assert!(
        found.stdout.contains(&format!("object_missing {key}: ")),
        "{found:#?}"
    );
    assert!(found.stderr.contains("1 finding remains"), "{found:#?}");
    // A reader that leaves early changes nothing about what was found.
    let unread = world.program(&["audit", "--min-age", "0s"]).unread().await;
    assert_eq!(unread.code, 3, "{unread:#?}");
    let not_rendered = run(&["--repair", "--reason", "INC-1"]).await;
    assert_eq!(not_rendered.code, 3, "{not_rendered:#?}");
    assert!(
        not_rendered.stdout.contains("    not repaired: "),
        "{not_rendered:#?}"
    );
    // Who repaired, and why, is recorded also where nothing could be.
    let changes = ["changes", "--action", "audit.repair", "--json"];
    let changes = world.program(&changes).run().await.succeeded();
    let changes: serde_json::Value = serde_json::from_str(&changes).expect("JSON");
    assert_eq!(changes[0]["reason"], "INC-1", "{changes}");
    assert_eq!(changes[0]["counts"], serde_json::json!({}), "{changes}");
    let without_reason = run(&["--repair"]).await;
    assert_eq!(without_reason.code, 2, "{without_reason:#?}");
    assert!(
        without_reason.stderr.contains("--reason"),
        "{without_reason:#?}"
    );

    for (arguments, problem) in [
        (&["--dry-run"][..], "--repair"),
        (&["--shop", "a"], "--platform"),
        (&["--after", "invoices/a"], "must be a position"),
        (&["--limit", "0"], "--limit: must be a whole number"),
        (
            &["--repair", "--dry-run", "--requests", "no-such-file"],
            "no-such-file",
        ),
    ] {
        let wrong = run(arguments).await;
        assert_eq!(wrong.code, 2, "{wrong:#?}");
        assert!(wrong.stderr.contains(problem), "{wrong:#?}");
    }
    std::fs::write(world.path("bad.ndjson"), "{}\nno JSON\n").expect("written");
    let wrong = run(&["--repair", "--dry-run", "--requests", "bad.ndjson"]).await;
    assert_eq!(wrong.code, 2, "{wrong:#?}");
    assert!(wrong.stderr.contains("bad.ndjson, line 2"), "{wrong:#?}");

    let unreachable = [
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9"),
        ("RETRY_IN_PLACE_SECONDS", "0"),
    ];
    let failed = audit_with(world, &unreachable, &[]).await;
    assert_eq!(failed.code, 1, "{failed:#?}");
    assert_eq!(failed.summary["complete"], false, "{failed:#?}");
    assert!(failed.stderr.contains("--after key:"), "{failed:#?}");
}

/// A holder of the bucket's keys can put an object under any key.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_strangers_do_not_reach_the_terminal_raw() {
    let stock = Stock::new(Options::sqlite()).await;
    let world = &stock.world;
    let put = world.s3.put_object().bucket(&world.bucket);
    let put = put.key("invoices/a\u{202e}b\u{9b}.pdf");
    put.body(b"text".to_vec().into()).send().await.expect("put");
    for json in [&[][..], &["--json"]] {
        let arguments = [&["audit", "--min-age", "0s"], json].concat();
        let found = world.program(&arguments).run().await;
        assert_eq!(found.code, 3, "{found:#?}");
        assert!(found.stdout.contains("object_unknown"), "{found:#?}");
        for text in [&found.stdout, &found.stderr] {
            assert!(!text.contains(['\u{202e}', '\u{9b}']), "{found:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_bounds_how_fast_documents_are_read() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.write(0..10).await;
    let report = audit(&stock.world, &["--rate", "5"]).await;
    report.is_clean();
    assert!(report.took.as_secs_f64() > 1.7, "{:?}", report.took);
}
