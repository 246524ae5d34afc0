//! Listings.

use std::collections::BTreeSet;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;
use tokio::task::JoinSet;

use super::{BUCKET, Harness, refusal, refused};

#[tokio::test]
async fn pages_together_list_every_key_once_and_in_order() {
    let harness = Harness::start().await;
    let wanted: BTreeSet<String> = (0..1_100)
        .map(|number| format!("2026/{number}.pdf"))
        .collect();
    let mut puts = JoinSet::new();
    for key in wanted.iter().cloned().chain(["2025/1.pdf".to_owned()]) {
        if puts.len() == 32 {
            puts.join_next().await;
        }
        let put = harness
            .client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(b"body".to_vec().into());
        puts.spawn(async move { put.send().await.expect("a put") });
    }
    puts.join_all().await;

    for (page_size, pages) in [(None, 2), (Some(100), 11), (Some(300), 4)] {
        let list = harness
            .client
            .list_objects_v2()
            .bucket(BUCKET)
            .prefix("2026/")
            .set_max_keys(page_size);
        let mut stream = list.into_paginator().send();
        let mut keys = Vec::new();
        let mut seen = 0;
        while let Some(page) = stream.next().await {
            keys.extend(names(&page.expect("a page")).into_iter());
            seen += 1;
        }
        assert_eq!(seen, pages, "{page_size:?}");
        assert!(
            keys.iter().eq(&wanted),
            "{page_size:?}: {} keys",
            keys.len()
        );
    }
}

#[tokio::test]
async fn a_delimiter_folds_keys_into_common_prefixes() {
    let harness = Harness::start().await;
    for key in ["a-1", "a/1", "a/2", "a/b/3", "a0", "c/4", "d"] {
        harness.put(key, b"body").await;
    }
    let list = || {
        harness
            .client
            .list_objects_v2()
            .bucket(BUCKET)
            .delimiter("/")
    };
    for (prefix, objects, prefixes) in [
        ("", vec!["a-1", "a0", "d"], vec!["a/", "c/"]),
        ("a/", vec!["a/1", "a/2"], vec!["a/b/"]),
        ("a", vec!["a-1", "a0"], vec!["a/"]),
        ("nothing", vec![], vec![]),
    ] {
        let page = list().prefix(prefix).send().await.expect("a page");
        assert_eq!(
            (names(&page), common_prefixes(&page)),
            (owned(&objects), owned(&prefixes)),
            "{prefix:?}"
        );
    }
    // One entry a page: a common prefix is never listed again on the next one.
    let mut stream = list().max_keys(1).into_paginator().send();
    let mut entries = Vec::new();
    while let Some(page) = stream.next().await {
        let page = page.expect("a page");
        assert_eq!(page.key_count(), Some(1));
        entries.extend(names(&page).into_iter().chain(common_prefixes(&page)));
    }
    assert_eq!(entries, ["a-1", "a/", "a0", "c/", "d"]);
}

#[tokio::test]
async fn a_listing_can_start_after_a_key_and_can_be_empty() {
    let harness = Harness::start().await;
    for key in ["a", "b", "c"] {
        harness.put(key, key.repeat(3).as_bytes()).await;
    }
    let list = || harness.client.list_objects_v2().bucket(BUCKET);
    let page = list().start_after("a").send().await.expect("a page");
    assert_eq!(names(&page), ["b", "c"]);
    assert_eq!(
        (page.is_truncated(), page.contents()[0].size()),
        (Some(false), Some(3))
    );
    let page = list().max_keys(0).send().await.expect("a page");
    assert_eq!((names(&page), page.is_truncated()), (vec![], Some(false)));
    assert_eq!(
        refusal(list().max_keys(-1).send().await),
        refused(400, "InvalidArgument")
    );
    assert_eq!(
        refusal(list().continuation_token("?").send().await),
        refused(400, "InvalidArgument")
    );
}

#[tokio::test]
async fn keys_that_xml_cannot_carry_are_listed_encoded() {
    let harness = Harness::start().await;
    harness.put("a/\u{1} ü+", b"body").await;
    let list = harness
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .encoding_type(EncodingType::Url);
    let page = list.send().await.expect("a page");
    assert_eq!(names(&page), ["a/%01%20%C3%BC%2B"]);
    assert_eq!(page.encoding_type(), Some(&EncodingType::Url));
}

fn names(page: &ListObjectsV2Output) -> Vec<String> {
    page.contents()
        .iter()
        .filter_map(|object| object.key.clone())
        .collect()
}

fn common_prefixes(page: &ListObjectsV2Output) -> Vec<String> {
    page.common_prefixes()
        .iter()
        .filter_map(|common| common.prefix.clone())
        .collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
