//! The command.

use std::collections::BTreeMap;

use dev::s3::Behaviour;
use invoice::amount::from_minor;
use invoice::digest::Sha256Digest;
use invoice_worker::database::Status;
use invoice_worker::database::sales_invoice::Model;

use super::archive::Archive;
use crate::audit::stock::Stock;
use crate::harness::{Finished, Options, World, samples};

async fn export(world: &World, arguments: &[&str]) -> Finished {
    let arguments = [&["export"], arguments].concat();
    world.program(&arguments).run().await
}

/// The total with tax of a document, as an accountant adds it up.
fn gross(row: &Model) -> String {
    let currency = row.currency.as_deref().expect("a currency");
    let minor = row.gross_minor.expect("an amount");
    let kind = row.document_type.as_deref().unwrap_or_default();
    let minor = if kind.ends_with("credit-note") {
        -minor
    } else {
        minor
    };
    from_minor(minor, currency).expect("an amount").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_every_document_and_totals_that_add_up() {
    let stock = Stock::new(Options::default()).await;
    let world = &stock.world;
    let with_xml = samples::with_e_invoice(samples::invoice(), "xrechnung");
    let with_xml = samples::with_identity(with_xml, "order-xml", "1");
    stock.make(0..24).await;
    let mut worker = world.worker(&[]).await;
    world.publish(with_xml.to_string()).await;
    world.wait_for_document(&samples::identity(&with_xml)).await;
    worker.stop().await;

    let done = export(world, &["-o", "all.zip"]).await;
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.stdout.contains("25 documents"), "{done:#?}");
    let archive = Archive::open(&world.path("all.zip"));
    let index = archive.rows("index.csv");
    let rows = world.rows().await;
    assert_eq!((index.len(), rows.len()), (25, 25));
    assert!(!archive.files().contains(&"errors.csv".to_owned()));
    let mut sums: BTreeMap<String, sums::Total> = BTreeMap::new();
    for row in &rows {
        assert_eq!(row.status, Status::Generated);
        let mut entries = index.iter();
        let is_it = |entry: &&BTreeMap<String, String>| {
            entry["order_id"] == row.order_id && entry["sequence_number"] == row.sequence_number
        };
        let entry = entries.find(is_it).expect("an entry");
        assert_eq!(Some(&entry["number"]), row.number.as_ref());
        assert_eq!(entry["gross"], gross(row), "{entry:?}");
        let pdf = archive.bytes(&entry["pdf_file"]);
        assert_eq!(Some(Sha256Digest::of(&pdf).to_string()), row.sha256);
        assert!(pdf.starts_with(b"%PDF-"));
        assert_eq!(entry["xml_file"].is_empty(), row.xml_sha256.is_none());
        if let Some(sha256) = &row.xml_sha256 {
            let xml = archive.bytes(&entry["xml_file"]);
            assert_eq!(Sha256Digest::of(&xml).to_string(), *sha256);
        }
        let sum = sums.entry(entry["currency"].clone()).or_default();
        sum.add(&entry["gross"]);
    }
    assert!(index.iter().any(|entry| !entry["xml_file"].is_empty()));
    assert!(
        index.iter().any(|entry| entry["gross"].starts_with('-')),
        "a credit note"
    );
    for row in archive.rows("totals.csv") {
        let sum = sums.get_mut(&row["currency"]).expect("a currency");
        sum.subtract(&row["gross"]);
    }
    for (currency, rest) in sums {
        assert!(rest.is_zero(), "{currency}: {rest:?}");
    }

    // Filters: a shop that there is not, a time before all, an issue date.
    for (arguments, documents) in [
        (&["--shop", "none"][..], 0),
        (&["--shop", "shop-audit"], 24),
        (&["--until", "2020-01-01"], 0),
        (&["--since", "1h"], 25),
        (&["--issued-until", "1999-01-01"], 0),
        (&["--issued-since", "1999-01-01"], 25),
    ] {
        let done = export(world, &[&["-o", "some.zip"], arguments].concat()).await;
        let expected = format!("some.zip: {documents} documents");
        assert!(done.stdout.starts_with(&expected), "{done:#?}");
        let archive = Archive::open(&world.path("some.zip"));
        assert_eq!(archive.rows("index.csv").len(), documents);
    }
}

/// Sums of decimal texts, in the smallest of their digits.
mod sums {
    #[derive(Debug, Default)]
    pub(super) struct Total(i128);

    impl Total {
        pub(super) fn add(&mut self, text: &str) {
            self.0 += thousandths(text);
        }

        pub(super) fn subtract(&mut self, text: &str) {
            self.0 -= thousandths(text);
        }

        pub(super) fn is_zero(&self) -> bool {
            self.0 == 0
        }
    }

    fn thousandths(text: &str) -> i128 {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{decimals:0<3}");
        digits
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_not_as_it_was_issued_is_listed_and_left_out() {
    let stock = Stock::new(Options::sqlite()).await;
    let world = &stock.world;
    stock.write(0..40).await;
    let (missing, changed) = (stock.row(3).await, stock.row(7).await);
    let key = |row: &Model| row.object_key.clone().expect("a key");
    let delete = world.s3.delete_object().bucket(&world.bucket);
    let deleted = delete.key(key(&missing)).send().await;
    deleted.expect("deleted");
    let put = world
        .s3
        .put_object()
        .bucket(&world.bucket)
        .key(key(&changed));
    let put = put
        .body(b"%PDF-1.7 of a stranger".to_vec().into())
        .send()
        .await;
    put.expect("replaced");
    let unread = stock.row(9).await.request_digest;
    let statement =
        format!("UPDATE sales_invoice SET request = '{{}}' WHERE request_digest = '{unread}'");
    world.execute(&statement).await;

    let done = export(world, &["-o", "out.zip"]).await;
    assert_eq!(done.code, 1, "{done:#?}");
    assert!(done.stderr.contains("3 of 40 documents"), "{done:#?}");
    let archive = Archive::open(&world.path("out.zip"));
    let errors = archive.rows("errors.csv");
    let mut codes: Vec<&str> = errors.iter().map(|it| it["code"].as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["pdf_damaged", "pdf_missing", "request_unreadable"]);
    let index = archive.rows("index.csv");
    assert_eq!(index.len(), 40);
    let without = index.iter().filter(|it| it["pdf_file"].is_empty()).count();
    assert_eq!(without, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_document_is_listed_where_the_keys_may_not_list_the_bucket() {
    let stock = Stock::new(Options {
        store: Behaviour {
            denies_listing: true,
            ..Behaviour::default()
        },
        ..Options::sqlite()
    })
    .await;
    let world = &stock.world;
    stock.write(0..4).await;
    let key = stock.row(2).await.object_key.expect("a key");
    let delete = world.s3.delete_object().bucket(&world.bucket).key(key);
    delete.send().await.expect("deleted");
    let done = export(world, &["-o", "out.zip"]).await;
    assert_eq!(done.code, 1, "{done:#?}");
    let archive = Archive::open(&world.path("out.zip"));
    assert_eq!(archive.rows("index.csv").len(), 4);
    let errors = archive.rows("errors.csv");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["code"], "pdf_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_document_keeps_its_place_and_its_amounts() {
    let stock = Stock::new(Options::sqlite()).await;
    let world = &stock.world;
    stock.write(0..4).await;
    let exported = async |arguments: &[&str], code: i32| {
        let done = export(world, &[&["-o", "out.zip"], arguments].concat()).await;
        assert_eq!(done.code, code, "{done:#?}");
        Archive::open(&world.path("out.zip"))
    };
    let erase = async |row: &Model, further: &[&str]| {
        let of_row = [
            "erase",
            "--platform",
            &row.platform,
            "--shop",
            &row.shop_id,
            "--order",
            &row.order_id,
            "--package",
            &row.package_id,
            "--sequence",
            &row.sequence_number,
            "--reason",
            "GDPR",
        ];
        let erase = world.program(&[&of_row[..], further].concat());
        erase.run().await.succeeded();
    };
    let by_date = ["--issued-since", "1999-01-01"];
    let before = exported(&by_date, 0).await;
    erase(&stock.row(1).await, &[]).await;
    erase(&stock.row(2).await, &["--documents"]).await;
    let after = exported(&by_date, 0).await;
    assert_eq!(after.text("totals.csv"), before.text("totals.csv"));
    let index = after.rows("index.csv");
    let same = |rows: &[BTreeMap<String, String>]| {
        let amounts = rows.iter().map(|row| {
            ["number", "issue_date", "currency", "net", "tax", "gross"].map(|it| row[it].clone())
        });
        amounts.collect::<Vec<_>>()
    };
    assert_eq!(same(&index), same(&before.rows("index.csv")));
    let without: Vec<bool> = index.iter().map(|it| it["pdf_file"].is_empty()).collect();
    assert_eq!(without.iter().filter(|it| **it).count(), 1);
    let nameless = index.iter().filter(|it| it["buyer"].is_empty()).count();
    assert!(nameless >= 2, "{index:?}");

    // An erasure that could not read the request has kept no date.
    let kept = r#"{"erased":{"at":"2026-01-01T00:00:00Z","requestDigest":null},"kept":{"currency":"EUR"}}"#;
    let digest = stock.row(1).await.request_digest;
    let statement =
        format!("UPDATE sales_invoice SET request = '{kept}' WHERE request_digest = '{digest}'");
    world.execute(&statement).await;
    let of_period = exported(&by_date, 0).await;
    assert_eq!(of_period.rows("index.csv").len(), 3);
    let all = exported(&[], 1).await;
    assert_eq!(all.rows("index.csv").len(), 4);
    assert_eq!(all.rows("errors.csv")[0]["code"], "request_erased");
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_for_datev_are_made_of_what_the_accounts_can_express() {
    let stock = Stock::new(Options::sqlite()).await;
    let world = &stock.world;
    let invoice = samples::with_identity(samples::invoice(), "order-1", "1");
    let dollars = samples::with_identity(samples::receipt(), "order-2", "2");
    for request in [&invoice, &dollars] {
        let key = invoice::ObjectKey::for_invoice(&samples::identity(request));
        stock.upload(request, &key, b"%PDF-1.7").await;
        stock.record(request, &key, b"%PDF-1.7").await;
    }
    let date = invoice["issueDate"].as_str().expect("a date");
    let year = format!("{}-01-01", &date[..4]);
    let accounts = [
        "--datev",
        "--datev-consultant",
        "29098",
        "--datev-client",
        "55003",
        "--datev-fiscal-year",
        &year,
        "--datev-debtor",
        "10000",
    ];
    let with = |further: &[&'static str]| [&["-o", "datev.zip"], &accounts[..], further].concat();
    let done = export(world, &with(&["--datev-revenue", "19=8400,7=8300"])).await;
    assert_eq!(done.code, 1, "{done:#?}");
    let archive = Archive::open(&world.path("datev.zip"));
    let errors = archive.rows("errors.csv");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["code"], "datev_currency");
    let name = format!("datev/EXTF_Buchungsstapel_{}.csv", &date[..7]);
    let batch = archive.bytes(&name);
    assert!(
        std::str::from_utf8(&batch).is_err(),
        "it is in Windows-1252"
    );
    let text: String = batch.iter().map(|byte| char::from(*byte)).collect();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert!(
        lines[0].starts_with("\"EXTF\";700;21;\"Buchungsstapel\";13;"),
        "{text}"
    );
    assert!(lines[0].contains(";29098;55003;"), "{text}");
    // Two rates: their amounts with tax are the total of the document.
    assert_eq!(lines.len(), 4, "{text}");
    let mut total = 0;
    for line in &lines[2..] {
        let fields: Vec<&str> = line.split(';').collect();
        assert_eq!(
            (fields.len(), fields[1], fields[6]),
            (125, "\"S\"", "10000")
        );
        total += fields[0].replace(',', "").parse::<i64>().expect("cents");
    }
    let row = world
        .row(&samples::identity(&invoice))
        .await
        .expect("a row");
    assert_eq!(Some(total), row.gross_minor);

    for (further, problem) in [
        (&[][..], "--datev-revenue"),
        (&["--datev-revenue", "19=x"], "--datev-revenue has \"19=x\""),
        (
            &["--datev-revenue", "19=8400", "--datev-account-length", "3"],
            "--datev-account-length is 3",
        ),
    ] {
        let refused = export(world, &with(further)).await;
        assert_eq!(refused.code, 2, "{refused:#?}");
        assert!(refused.stderr.contains(problem), "{refused:#?}");
    }
}
