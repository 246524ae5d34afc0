//! An export that was stopped goes on, and ends as one that was not.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use invoice_worker::export::{Export, ExportError, ExportFile, Selection};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::archive::Archive;
use crate::audit::stock::Stock;
use crate::harness::Options;

/// Runs an export; stopped after its first page, if that is asked for.
async fn run(
    stock: &Stock,
    path: &Path,
    until: OffsetDateTime,
    is_stopped: bool,
) -> (u64, Result<u64, ExportError>) {
    let selection = Selection {
        platform: None,
        shop_id: None,
        shops: None,
        since: None,
        until,
        issued_since: None,
        issued_until: None,
    };
    let opened = ExportFile::open(path, vec!["--until=now".to_owned()], selection);
    let opened = opened.expect("files that can be written");
    let stop = CancellationToken::new();
    if is_stopped {
        stop.cancel();
    }
    let export = Export {
        database: stock.database.clone(),
        storage: stock.storage.clone(),
        selection: opened.selection,
        datev: None,
        patience: Duration::ZERO,
        most: None,
        stop,
    };
    let done = export.run(opened.destination, |_| {}).await;
    (opened.resumed, done.map(|done| done.documents))
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", path.display()))
}

fn append(path: &Path, bytes: &[u8]) {
    let file = OpenOptions::new().append(true).open(path);
    file.expect("a file").write_all(bytes).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_was_stopped_ends_with_the_same_bytes() {
    for options in [Options::sqlite(), Options::default()] {
        let stock = Stock::new(options).await;
        stock.write(0..100).await;
        let until = OffsetDateTime::now_utc();
        let whole = stock.world.path("whole.zip");
        let (_, done) = run(&stock, &whole, until, false).await;
        assert_eq!(done.expect("an export"), 100);
        let archive = Archive::open(&whole);
        assert_eq!(archive.rows("index.csv").len(), 100);

        let parts = stock.world.path("parts.zip");
        let (part, journal) = (beside(&parts, "part"), beside(&parts, "journal"));
        let (_, stopped) = run(&stock, &parts, until, true).await;
        assert!(matches!(stopped, Err(ExportError::Stopped)), "{stopped:?}");
        assert!(!parts.exists());
        // A document without its line in the journal, as of a process that was killed.
        append(&part, b"PK half a document");
        let (resumed, stopped) = run(&stock, &parts, until, true).await;
        assert_eq!(resumed, 32);
        assert!(stopped.is_err());
        // Half a line, and a document whose bytes never reached the disk.
        append(&journal, b"{\"id\":\"half a li");
        let length = fs::metadata(&part).expect("a file").len();
        let cut = OpenOptions::new().write(true).open(&part).expect("a file");
        cut.set_len(length - 5).expect("cut");
        // The moment of the first command counts.
        let later = until + time::Duration::hours(1);
        let (resumed, done) = run(&stock, &parts, later, false).await;
        assert_eq!(resumed, 63, "the last of 64 documents was cut");
        assert_eq!(done.expect("an export"), 100);
        assert!(fs::read(&whole).expect("a ZIP") == fs::read(&parts).expect("a ZIP"));
        assert!(!part.exists() && !journal.exists());

        // A crash that has left the journal of a complete export: the next one with the same options is that of its own period.
        let (_, stopped) = run(&stock, &parts, until, true).await;
        assert!(stopped.is_err());
        let left = fs::read(&journal).expect("a journal");
        let (resumed, done) = run(&stock, &parts, until, false).await;
        assert_eq!((resumed, done.expect("an export")), (32, 100));
        fs::write(&journal, left).expect("written");
        let before_all = time::macros::datetime!(2020-01-01 00:00 UTC);
        let (resumed, done) = run(&stock, &parts, before_all, false).await;
        assert_eq!((resumed, done.expect("an export")), (0, 0));
        assert!(!part.exists() && !journal.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_goes_on_with_the_same_options_only() {
    let stock = Stock::new(Options::sqlite()).await;
    let world = &stock.world;
    stock.write(0..40).await;
    let path = world.path("out.zip");
    // The bucket is away: nothing but the journal is there.
    let away = [
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9"),
        ("RETRY_IN_PLACE_SECONDS", "0"),
    ];
    let arguments = ["export", "-o", "out.zip", "--since", "1d"];
    let failed = world.program(&arguments).envs(away).run().await;
    assert_eq!(failed.code, 1, "{failed:#?}");
    assert!(
        failed.stderr.contains("the same command goes on"),
        "{failed:#?}"
    );
    assert!(beside(&path, "journal").exists() && !path.exists());

    let other = ["export", "-o", "out.zip", "--since", "2d"];
    let refused = world.program(&other).run().await;
    assert_eq!(refused.code, 2, "{refused:#?}");
    assert!(refused.stderr.contains("--since=1d"), "{refused:#?}");

    let done = world.program(&arguments).run().await.succeeded();
    assert!(done.contains("40 documents"), "{done}");
    assert_eq!(Archive::open(&path).rows("index.csv").len(), 40);
    assert!(!beside(&path, "journal").exists());
}
