//! Who may read what the program writes: files with personal data, their owner only.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::harness::{Options, Program, World, samples};

/// The umask of most accounts, under which others can read new files unless the program says otherwise. Each test is a process
/// of its own.
fn usual_umask() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path);
    let metadata = metadata.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_database_is_for_its_owner_only() {
    usual_umask();
    let folder = TempDir::new().expect("a temporary folder");
    let migrate = Program::new(folder.path(), &["migrate", "up"]);
    let url = "sqlite://data/deep/x.db?mode=rwc";
    migrate
        .envs([("DATABASE_URL", url)])
        .run()
        .await
        .succeeded();
    for (path, expected) in [
        ("data", 0o700),
        ("data/deep", 0o700),
        ("data/deep/x.db", 0o600),
    ] {
        assert_eq!(mode(&folder.path().join(path)), expected, "{path}");
    }
    for entry in fs::read_dir(folder.path().join("data/deep")).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_and_objects_are_for_their_owner_only_and_rendered_files_follow_the_umask() {
    usual_umask();
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    world.publish(samples::receipt().to_string()).await;
    world.assert_settled(1, 0).await;
    worker.stop().await;
    let mut folders = vec![world.path("s3")];
    let mut objects = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                objects += 1;
            }
        }
    }
    assert!(objects >= 2, "the lock and the document");

    let export = ["dead-letters", "export", "-o", "all.ndjson"];
    world.program(&export).run().await.succeeded();
    assert_eq!(mode(&world.path("all.ndjson")), 0o600);

    let probe = world.path("probe");
    fs::write(&probe, "").expect("written");
    let render = ["render", "-", "-o", "one.pdf"];
    let render = world.program(&render);
    let render = render.input(samples::receipt().to_string());
    render.run().await.succeeded();
    assert_eq!(mode(&world.path("one.pdf")), mode(&probe));
}

#[tokio::test]
async fn flags_with_secrets_say_that_others_can_see_them() {
    let folder = TempDir::new().expect("a temporary folder");
    let help = Program::new(folder.path(), &["worker", "--help"]);
    let help = help.run().await.succeeded();
    for flag in [
        "--amqp-url",
        "--database-url",
        "--aws-secret-access-key",
        "--aws-session-token",
    ] {
        let (_, text) = help.split_once(&format!("{flag} <")).expect(flag);
        let (text, _) = text.split_once("[env: ").expect(flag);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.contains("other users of the machine"),
            "{flag}: {text}"
        );
    }
}
