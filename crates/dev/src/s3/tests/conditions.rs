//! Conditions of puts and gets, and options that are not supported.

use aws_sdk_s3::types::ServerSideEncryption;
use tokio::task::JoinSet;

use super::{BUCKET, Harness, bytes, refusal, refused};

#[tokio::test]
async fn of_conditional_puts_at_the_same_time_exactly_one_is_stored() {
    let harness = Harness::start().await;
    for round in 0..10 {
        let key = format!("round {round}");
        let mut puts = JoinSet::new();
        for racer in 0..32_u32 {
            let put = harness
                .client
                .put_object()
                .bucket(BUCKET)
                .key(&key)
                .if_none_match("*");
            let put = put.body(racer.to_string().repeat(10_000).into_bytes().into());
            puts.spawn(async move { (racer, put.send().await) });
        }
        let mut winners = Vec::new();
        for (racer, result) in puts.join_all().await {
            match result {
                Ok(_) => winners.push(racer),
                Err(_) => assert_eq!(refusal(result), refused(412, "PreconditionFailed")),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        let stored = bytes(harness.get(&key).await).await;
        assert!(
            stored == winners[0].to_string().repeat(10_000).into_bytes(),
            "round {round}"
        );
    }
    assert_eq!(harness.files().len(), 10, "a temporary file stayed");
}

#[tokio::test]
async fn an_unconditional_put_replaces() {
    let harness = Harness::start().await;
    harness.put("key", b"old").await;
    harness.put("key", b"new").await;
    assert_eq!(bytes(harness.get("key").await).await, b"new");
    assert_eq!(harness.files().len(), 1);
}

#[tokio::test]
async fn a_put_can_depend_on_the_entity_tag_of_the_object_that_it_replaces() {
    let harness = Harness::start().await;
    let put = |etag: &str, body: &'static [u8]| {
        let put = harness.client.put_object().bucket(BUCKET).key("key");
        put.if_match(etag).body(body.to_vec().into()).send()
    };
    assert_eq!(
        refusal(put("\"0123456789abcdef0123456789abcdef\"", b"new").await),
        refused(404, "NoSuchKey")
    );
    harness.put("key", b"old").await;
    let etag = harness.get("key").await.e_tag().expect("one").to_owned();
    put(&etag, b"new").await.expect("it is the one");
    assert_eq!(bytes(harness.get("key").await).await, b"new");
    assert_eq!(
        refusal(put(&etag, b"newer").await),
        refused(412, "PreconditionFailed")
    );
    assert_eq!(bytes(harness.get("key").await).await, b"new");
    assert_eq!(harness.files().len(), 1);
}

#[tokio::test]
async fn options_that_would_be_ignored_are_refused() {
    let harness = Harness::start().await;
    let put = || {
        harness
            .client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(b"body".to_vec().into())
    };
    for case in [
        put().if_none_match("\"0123456789abcdef0123456789abcdef\""),
        put().if_match("*"),
        put().tagging("a=b"),
        put().server_side_encryption(ServerSideEncryption::Aes256),
    ] {
        assert_eq!(refusal(case.send().await), refused(501, "NotImplemented"));
    }
    assert_eq!(harness.files(), Vec::<String>::new());
}

#[tokio::test]
async fn reading_can_depend_on_the_entity_tag() {
    let harness = Harness::start().await;
    harness.put("key", b"body").await;
    let etag = harness
        .get("key")
        .await
        .e_tag()
        .expect("an entity tag")
        .to_owned();
    let get = || harness.client.get_object().bucket(BUCKET).key("key");
    get().if_match(&etag).send().await.expect("an object");
    get()
        .if_none_match("\"other\"")
        .send()
        .await
        .expect("an object");
    assert_eq!(
        refusal(get().if_match("\"other\"").send().await),
        refused(412, "PreconditionFailed")
    );
    assert_eq!(refusal(get().if_none_match(&etag).send().await).0, 304);
}
