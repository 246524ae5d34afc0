//! A client of the object store, for the test itself.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

/// A client of this endpoint.
pub(super) fn client(endpoint: &str, key_id: &str, secret: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(key_id, secret, None, None, "test"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .build();
    Client::from_conf(config)
}

/// The keys of everything in a bucket, over as many pages as it takes.
pub(super) async fn keys(client: &Client, bucket: &str) -> Vec<String> {
    let mut pages = client
        .list_objects_v2()
        .bucket(bucket)
        .into_paginator()
        .send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.expect("the bucket can be listed");
        keys.extend(
            page.contents()
                .iter()
                .filter_map(|object| object.key())
                .map(str::to_owned),
        );
    }
    keys
}

/// The bytes of an object that must be there.
pub(super) async fn read(client: &Client, bucket: &str, key: &str) -> Vec<u8> {
    let object = client.get_object().bucket(bucket).key(key).send().await;
    let object = object.unwrap_or_else(|error| panic!("cannot read {key}: {error:?}"));
    let bytes = object.body.collect().await.expect("the body arrives");
    bytes.to_vec()
}

/// Empties and deletes a bucket.
pub(super) async fn delete_bucket(client: &Client, bucket: &str) {
    for key in keys(client, bucket).await {
        client
            .delete_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .ok();
    }
    client.delete_bucket().bucket(bucket).send().await.ok();
}
