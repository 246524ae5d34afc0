//! What earlier versions have left: messages in queues, rows, dead letters, documents. `tests/fixtures` has those of each
//! version, and this one has to understand them all.

mod fixture;
mod populate;
mod read;
mod record;
mod rows;
mod wire;

use self::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn what_earlier_versions_have_left_in_postgresql_is_read_continued_and_replayed() {
    for fixture in Fixture::all() {
        read::understands(&fixture, false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_earlier_versions_have_left_in_sqlite_is_read_continued_and_replayed() {
    for fixture in Fixture::all() {
        read::understands(&fixture, true).await;
    }
}

/// `make fixtures` writes them.
#[tokio::test(flavor = "multi_thread")]
async fn this_version_has_fixtures_which_say_what_it_writes() {
    let written = record::record().await;
    if std::env::var_os("WRITE_FIXTURES").is_some() {
        written.save();
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut kept = Fixture::all().into_iter();
    let kept = kept.find(|fixture| fixture.version == version);
    let kept = kept.unwrap_or_else(|| {
        panic!("tests/fixtures has nothing of version {version}: write it with `make fixtures`")
    });
    // Values differ from run to run; names do not.
    assert_eq!(
        written.shape(),
        kept.shape(),
        "what this version writes is not what tests/fixtures/{version} has. Where a version was released with those \
         fixtures, raise the version in Cargo.toml; then write them with `make fixtures`"
    );
}
