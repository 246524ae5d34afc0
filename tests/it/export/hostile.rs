//! What people put into names and numbers, and servers that go away.

use std::path::Path;
use std::process::Command;

use invoice::ObjectKey;
use serde_json::Value;

use super::api::body;
use super::archive::Archive;
use crate::audit::stock::Stock;
use crate::harness::http::read;
use crate::harness::{Options, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// Names of buyers as a request may have them, and as the index has to show them.
const NAMES: &[(&str, &str)] = &[
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    (
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "'@SUM(1+1)*cmd|' /C calc'!A0",
    ),
    ("Miller;=1+1", "Miller;'=1+1"),
    ("\u{200b}+49 30 1234", "'\u{200b}+49 30 1234"),
    ("O'Hara, \"The\" Shop; Söhne", "O'Hara, \"The\" Shop; Söhne"),
    (
        "שלום \u{202e}evil\u{202c} שרה",
        "שלום \u{202e}evil\u{202c} שרה",
    ),
    ("王小明 🧾", "王小明 🧾"),
];

/// Reads the index with another reader of CSV, and prints pairs of order and buyer.
const READ: &str = "\
import csv, json, sys
rows = list(csv.DictReader(sys.stdin))
print(json.dumps([[row['order_id'], row['buyer']] for row in rows]))
";

/// Writes the documents of these requests.
async fn write(stock: &Stock, requests: &[Value]) {
    for request in requests {
        let key = ObjectKey::for_invoice(&samples::identity(request));
        stock.upload(request, &key, b"%PDF-1.7").await;
        stock.record(request, &key, b"%PDF-1.7").await;
    }
}

fn python(script: &str, input: String) -> Value {
    use std::io::Write as _;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(root.join("target/tools/bin/python3"))
        .args(["-c", script])
        .env("PYTHONUTF8", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("Python, which `make test` installs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_texts_to_every_program_and_files_have_names_of_their_own() {
    let stock = Stock::new(Options::sqlite()).await;
    let mut requests = Vec::new();
    for (index, (name, _)) in NAMES.iter().enumerate() {
        let mut request =
            samples::with_identity(samples::invoice(), &format!("order-{index}"), "1");
        request["buyer"]["name"] = (*name).into();
        // All documents have one number.
        request["number"] = "RE/2026 \"=1\"".into();
        requests.push(request);
    }
    let mut long = samples::with_identity(samples::invoice(), "order-long", "1");
    let name = "Very long ".repeat(15) + "name";
    long["buyer"]["name"] = name.clone().into();
    long["number"] = "9".repeat(60).into();
    requests.push(long);
    write(&stock, &requests).await;
    let world = &stock.world;
    let arguments = ["export", "-o", "out.zip"];
    world.program(&arguments).run().await.succeeded();
    let archive = Archive::open(&world.path("out.zip"));
    let index = archive.text("index.csv");
    let rows = python(READ, index.trim_start_matches('\u{feff}').to_owned());
    let rows: Vec<(String, String)> = serde_json::from_value(rows).expect("pairs");
    let mut expected: Vec<(String, String)> = (NAMES.iter().enumerate())
        .map(|(index, (_, shown))| (format!("order-{index}"), (*shown).to_owned()))
        .collect();
    expected.push(("order-long".to_owned(), name));
    assert_eq!(rows, expected);
    let pdfs = archive.files();
    let mut pdfs: Vec<&String> = pdfs.iter().filter(|it| it.ends_with(".pdf")).collect();
    assert_eq!(pdfs.len(), requests.len());
    pdfs.dedup();
    assert_eq!(pdfs.len(), requests.len());
    let is_plain = |it: &&String| it.len() < 100 && it.chars().all(|c| c.is_ascii_graphic());
    assert!(pdfs.iter().all(is_plain), "{pdfs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_with_a_document_that_is_cut_says_that_it_is_incomplete() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.write(0..40).await;
    let world = &stock.world;
    let serve = world.serve().await;
    let exported = async || {
        let answer = serve.client().get("/v1/export").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let (bytes, is_whole) = body(&answer);
        assert!(is_whole);
        let path = world.path("out.zip");
        std::fs::write(&path, bytes).expect("written");
        Archive::open(&path)
    };
    let is_there = |archive: &Archive| archive.files().contains(&"INCOMPLETE.txt".to_owned());
    assert!(!is_there(&exported().await));

    let cut = stock.row(7).await.object_key.expect("a key");
    let put = world.s3.put_object().bucket(&world.bucket).key(cut);
    let put = put.body(b"%PDF-1".to_vec().into()).send().await;
    put.expect("replaced");
    eventually("room for an export", async || {
        let answer = serve
            .client()
            .get("/v1/export?until=2020-01-01T00:00:00Z")
            .await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    let archive = exported().await;
    let text = archive.text("INCOMPLETE.txt");
    assert!(text.contains("1 of 40 documents"), "{text}");
    assert_eq!(archive.rows("errors.csv")[0]["code"], "pdf_damaged");
    serve.emits("http_export_incomplete").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_in_the_middle_leaves_nothing_that_looks_whole() {
    let stock = Stock::new(Options::default()).await;
    // More than what passes, on whichever connections.
    stock.write(0..400).await;
    let world = &stock.world;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let path = world.path("out.zip");
    let part = world.path("out.zip.part");
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("RETRY_IN_PLACE_SECONDS", "0"),
    ];

    // So many bytes of replies that a page of rows comes, and not all of them.
    proxy.set(Mode::Choke {
        requests: usize::MAX,
        replies: 200_000,
    });
    let running = world.program(&["export", "-o", "out.zip"]).envs(variables);
    let running = tokio::spawn(running.run());
    eventually("a part of the export", async || {
        let length = std::fs::metadata(&part).map_or(0, |it| it.len());
        if length > 0 { Ok(()) } else { Err(length) }
    })
    .await;
    proxy.set(Mode::Refuse);
    let failed = running.await.expect("it ended");
    assert_eq!(failed.code, 1, "{failed:#?}");
    assert!(
        failed.stderr.contains("cannot read the records"),
        "{failed:#?}"
    );
    assert!(part.exists() && !path.exists());

    proxy.set(Mode::Pass);
    let done = world.program(&["export", "-o", "out.zip"]).envs(variables);
    let done = done.run().await;
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.stderr.contains("going on behind"), "{done:#?}");
    assert_eq!(Archive::open(&path).rows("index.csv").len(), 400);

    // The same over HTTP: the answer has no end, and is no ZIP.
    let mut serve = world.serve_with(&[("DATABASE_URL", &url)]).await;
    proxy.set(Mode::Choke {
        requests: usize::MAX,
        replies: 200_000,
    });
    let mut stream = tokio::net::TcpStream::connect(serve.address())
        .await
        .expect("a connection");
    let head = serve.client().head("GET", "/v1/export", 0);
    tokio::io::AsyncWriteExt::write_all(&mut stream, &head)
        .await
        .expect("sent");
    stream.readable().await.expect("the first document");
    proxy.set(Mode::Refuse);
    let answer = read(&mut stream).await.expect("the head of an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    let (_, is_whole) = body(&answer);
    assert!(!is_whole);
    serve.emits("http_export_cut").await;
    proxy.set(Mode::Pass);
    serve.stop().await;
}
