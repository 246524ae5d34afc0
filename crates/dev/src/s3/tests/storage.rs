//! Buckets, restarts, and what a crash leaves.

use super::{BUCKET, Credentials, Harness, S3Server, bytes, client, refusal, refused, serve};

#[tokio::test]
async fn a_restart_keeps_buckets_and_objects() {
    let Harness {
        server,
        client: before,
        data,
    } = Harness::start().await;
    let put = before
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .metadata("a", "b")
        .body(b"body".to_vec().into());
    let etag = put.send().await.expect("a put").e_tag;
    server.stop().await;

    let server = serve(data.path()).await;
    let after = client(&server, "the right secret");
    let got = after
        .get_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .expect("an object");
    assert_eq!(
        (&got.e_tag, got.metadata().expect("metadata")["a"].as_str()),
        (&etag, "b")
    );
    assert_eq!(bytes(got).await, b"body");
    let again = after
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .if_none_match("*")
        .send()
        .await;
    assert_eq!(refusal(again), refused(412, "PreconditionFailed"));
}

#[tokio::test]
async fn a_dropped_server_gives_its_folder_to_the_next() {
    let Harness {
        server,
        client: before,
        data,
    } = Harness::start().await;
    before
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .body(b"body".to_vec().into())
        .send()
        .await
        .expect("a put");
    drop(server);
    let server = serve(data.path()).await;
    let after = client(&server, "the right secret");
    after
        .head_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .expect("an object");
}

#[tokio::test]
async fn a_stopped_server_answers_no_more() {
    let Harness {
        server,
        client,
        data: _data,
    } = Harness::start().await;
    server.stop().await;
    let head = client.head_bucket().bucket(BUCKET).send().await;
    assert!(head.expect_err("no server").raw_response().is_none());
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let harness = Harness::start().await;
    let credentials = Credentials {
        access_key_id: "tester".to_owned(),
        secret_access_key: "secret".into(),
    };
    let listen = "127.0.0.1:0".parse().expect("an address");
    let second = S3Server::start(harness.data.path(), listen, credentials).await;
    let error = second.expect_err("a refusal").to_string();
    assert!(error.contains("is it served already?"), "{error}");
}

#[tokio::test]
async fn what_a_killed_server_left_is_swept_at_the_start() {
    let Harness { server, data, .. } = Harness::start().await;
    server.stop().await;
    let left = data.path().join(BUCKET).join(".put-7");
    std::fs::write(&left, b"half a body").expect("a file");
    let server = serve(data.path()).await;
    assert!(!left.exists());
    // Otherwise this bucket could never be deleted.
    client(&server, "the right secret")
        .delete_bucket()
        .bucket(BUCKET)
        .send()
        .await
        .expect("an empty bucket");
}

#[tokio::test]
async fn a_bucket_is_created_once_and_deleted_when_it_is_empty() {
    let harness = Harness::start().await;
    let client = &harness.client;
    client
        .create_bucket()
        .bucket("archive")
        .send()
        .await
        .expect("a bucket");
    client
        .head_bucket()
        .bucket("archive")
        .send()
        .await
        .expect("a bucket");
    let again = client.create_bucket().bucket("archive").send().await;
    assert_eq!(refusal(again), refused(409, "BucketAlreadyOwnedByYou"));
    let invalid = client.create_bucket().bucket("No_Bucket").send().await;
    assert_eq!(refusal(invalid), refused(400, "InvalidBucketName"));

    let listed = client.list_buckets().send().await.expect("a list");
    let names: Vec<_> = listed
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name())
        .collect();
    assert_eq!(names, ["archive", BUCKET]);

    client
        .put_object()
        .bucket("archive")
        .key("key")
        .body(b"body".to_vec().into())
        .send()
        .await
        .expect("a put");
    let full = client.delete_bucket().bucket("archive").send().await;
    assert_eq!(refusal(full), refused(409, "BucketNotEmpty"));
    client
        .delete_object()
        .bucket("archive")
        .key("key")
        .send()
        .await
        .expect("a delete");
    client
        .delete_bucket()
        .bucket("archive")
        .send()
        .await
        .expect("a delete");
    let gone = client.delete_bucket().bucket("archive").send().await;
    assert_eq!(refusal(gone), refused(404, "NoSuchBucket"));
}
