//! Very many documents: an export needs the same memory for any number of them, and its ZIP is one that other programs read.
//! `make export-drill` runs it with 100,000 documents, `make test` with few.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::measured::{Cost, command, download, sha256};
use super::simulated::{GROSS_CENTS, Simulated, XML_EACH};
use crate::harness::Serve;

/// How much more memory ten times as many documents may need, in percent.
const MORE_PERCENT: u64 = 20;

/// Checks a ZIP front to back as an accountant's program would, in bounded memory: all CRC-32, and each file against `SHA256SUMS`.
const CHECK: &str = "\
import csv, hashlib, io, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    names = archive.namelist()
    assert len(names) == len(set(names))
    sums = dict(reversed(line.split('  ')) for line in archive.read('SHA256SUMS').decode().splitlines())
    assert set(sums) == set(names) - {'SHA256SUMS'}
    for name, expected in sums.items():
        with archive.open(name) as file:
            assert hashlib.file_digest(file, 'sha256').hexdigest() == expected, name
    rows = lambda name: csv.DictReader(io.TextIOWrapper(archive.open(name), 'utf-8-sig', newline=''))
    cents = lambda text: int(text.replace('.', ''))
    index = [(cents(row['gross']), row['pdf_file'] in sums) for row in rows('index.csv')]
    print(json.dumps({
        'entries': len(names),
        'documents': len(index),
        'all_there': all(is_there for _, is_there in index),
        'gross': sum(gross for gross, _ in index),
        'totals': sum(cents(row['gross']) for row in rows('totals.csv')),
        'errors': 'errors.csv' in names or 'INCOMPLETE.txt' in names,
    }))
";

/// A number of the environment.
fn setting(name: &str, default: usize) -> usize {
    let text = std::env::var(name);
    text.map_or(default, |text| text.parse().expect("a number"))
}

/// What Python and unzip say of a ZIP of so many documents.
#[track_caller]
fn is_good(zip: &Path, documents: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked = Command::new(root.join("target/tools/bin/python3"))
        .args(["-c", CHECK])
        .arg(zip)
        .output()
        .expect("Python, which `make test` installs");
    let fault = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{fault}");
    let found: Value = serde_json::from_slice(&checked.stdout).expect("JSON");
    let gross = documents as u64 * GROSS_CENTS;
    let expected = json!({
        "entries": documents + documents.div_ceil(XML_EACH) + 3,
        "documents": documents,
        "all_there": true,
        "gross": gross,
        "totals": gross,
        "errors": false,
    });
    assert_eq!(found, expected);
    // Not every machine has it.
    if let Ok(tested) = Command::new("unzip").arg("-tqq").arg(zip).output() {
        assert!(tested.status.success(), "{tested:?}");
        println!("unzip -t has found no fault in {}", zip.display());
    }
}

#[track_caller]
fn is_flat(few: &Cost, many: &Cost) {
    let most = few.peak_kib * (100 + MORE_PERCENT) / 100;
    let (few, many) = (few.peak_kib, many.peak_kib);
    assert!(few > 0 && many < most, "{few} KiB, then {many} KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_documents_is_exported_in_bounded_memory() {
    let documents = setting("EXPORT_DOCUMENTS", 2_000);
    let bytes = setting("EXPORT_DOCUMENT_BYTES", 20_000);
    let simulated = Simulated::new(documents, bytes).await;
    let world = &simulated.world;
    let (few, many) = (world.path("few.zip"), world.path("many.zip"));
    let count = documents / 10;
    let cost = async |file: &Path, count: usize| {
        let cost = command(&simulated, file, &["--until", &simulated.until(count)]).await;
        cost.print(&format!("command, {count} documents"));
        is_good(file, count);
        cost
    };
    let of_few = cost(&few, count).await;
    let of_many = cost(&many, documents).await;
    is_flat(&of_few, &of_many);

    // Each has a process of its own, whose peak is that of the export.
    let path = |count: usize| format!("/v1/export?until={}", simulated.until(count));
    let mut serve = world.serve_with(&simulated.variables()).await;
    let received = world.path("received.zip");
    let of_few = download(&serve, &path(count), &received, u64::MAX).await;
    of_few.print(&format!("API, {count} documents"));
    assert_eq!(sha256(&received), sha256(&few));
    serve.stop().await;
    std::fs::remove_file(&received).expect("removed");
    let mut serve = world.serve_with(&simulated.variables()).await;
    let of_many = download(&serve, &path(documents), &received, u64::MAX).await;
    of_many.print(&format!("API, {documents} documents"));
    assert_eq!(sha256(&received), sha256(&many));
    is_flat(&of_few, &of_many);
    std::fs::remove_file(&received).expect("removed");
    resumes(&serve, &path(documents), &received, of_many.bytes / 10 * 9).await;
    assert_eq!(sha256(&received), sha256(&many));
    serve.stop().await;
}

/// Breaks off after so many bytes, and goes on.
async fn resumes(serve: &Serve, path: &str, file: &Path, bytes: u64) {
    let cost = download(serve, path, file, bytes).await;
    assert_eq!(cost.bytes, bytes);
    let path = format!("{path}&resumeAt={bytes}&resumeSha256={}", sha256(file));
    let cost = download(serve, &path, file, u64::MAX).await;
    cost.print(&format!("API, behind {bytes} bytes"));
}
