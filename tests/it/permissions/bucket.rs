//! Keys of the bucket that lack a right.

use dev::s3::Behaviour;

use crate::faults::impatient;
use crate::harness::{Options, World, samples};

/// What `check` prints of a bucket with this behaviour, and its exit code.
async fn checked(store: Behaviour, arguments: &[&str]) -> (i32, String) {
    let world = World::new(Options {
        store,
        ..Options::sqlite()
    })
    .await;
    // Samples are not rendered, which takes longest.
    let check = world.program(arguments).envs([("TEMPLATES_DIR", "")]);
    let check = check.run().await;
    let lines = check.stdout.lines();
    let of_bucket =
        lines.filter(|line| ["bucket: ", "next: "].iter().any(|it| line.starts_with(it)));
    (check.code, of_bucket.collect::<Vec<_>>().join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn check_needs_no_right_that_the_program_does_without() {
    let may_not_list = Behaviour {
        denies_listing: true,
        ..Behaviour::default()
    };
    let may_only_read = Behaviour {
        denies_writing: true,
        ..Behaviour::default()
    };
    for (store, arguments) in [
        (may_not_list, &["check"][..]),
        (may_only_read, &["check", "--serve"]),
    ] {
        let (code, printed) = checked(store, arguments).await;
        assert_eq!(code, 0, "{printed}");
        assert!(printed.starts_with("bucket: ok\n"), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_the_right_that_is_missing() {
    let may_not_write = Behaviour {
        denies_writing: true,
        ..Behaviour::default()
    };
    let may_not_read = Behaviour {
        denies_reading: true,
        ..Behaviour::default()
    };
    for (store, arguments, right) in [
        (may_not_write, &["check"][..], "s3:PutObject"),
        (may_not_read, &["check"], "s3:GetObject"),
        (may_not_read, &["check", "--serve"], "s3:GetObject"),
    ] {
        let (code, printed) = checked(store, arguments).await;
        assert_eq!(code, 1, "{printed}");
        let words =
            format!("bucket: access to the object store denied (403 AccessDenied for {right})");
        assert!(printed.starts_with(&words), "{printed}");
    }
}

/// S3 gives the same answer to those who may not read an object, and to those who may not list the bucket that lacks it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_no_worker_has_started_before_learns_what_may_be_missing() {
    let may_not_list = Behaviour {
        denies_listing: true,
        denies_writing: true,
        ..Behaviour::default()
    };
    let (code, printed) = checked(may_not_list, &["check", "--serve"]).await;
    assert_eq!(code, 1, "{printed}");
    assert!(printed.contains("next: start a worker"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_read_only_the_request_whose_key_is_taken_waits() {
    let world = World::new(Options {
        store: Behaviour {
            denies_reading: true,
            ..Behaviour::default()
        },
        ..impatient()
    })
    .await;
    // An earlier worker died after the upload.
    let taken = samples::receipt();
    let key = invoice::ObjectKey::for_invoice(&samples::identity(&taken));
    let put = world
        .s3
        .put_object()
        .bucket(&world.bucket)
        .key(key.as_str());
    let put = put.body(b"%PDF-1.7".to_vec().into());
    put.send().await.expect("the object can be put");
    let mut worker = world.worker(&[]).await;
    world.publish(taken.to_string()).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry["code"] == "storage_access_denied"
                && retry.field_contains("detail", "s3:GetObject")
        })
        .await;
    world.publish_many(samples::many(5)).await;
    worker.reaches_attempt(3).await;
    crate::faults::rows_are_written(&world, 5).await;
    assert!(worker.events("held_back").is_empty());
    worker.stop().await;
    assert_eq!(world.rows().await.len(), 5);
    assert_eq!(world.dead_letters().await.len(), 0);
}

/// Each document is read back where the object store does not say that it has it.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_read_a_worker_is_held_back_where_uploads_are_read_back() {
    let world = World::new(Options {
        store: Behaviour {
            denies_reading: true,
            keeps_checksums_to_itself: true,
            ..Behaviour::default()
        },
        ..impatient()
    })
    .await;
    let mut worker = world.worker(&[("RETRY_MAX_AGE_SECONDS", "3")]).await;
    world.publish_many(samples::many(3)).await;
    worker
        .emits_where("held_back", |held| held["code"] == "storage_access_denied")
        .await;
    worker.reaches_attempt(3).await;
    worker.stop().await;
    assert_eq!(world.rows().await.len(), 0);
    assert_eq!(world.dead_letters().await.len(), 0);
}
