//! An export over HTTP that was cut off: a client goes on with what it has, and ends with the file of one go.

use invoice::ObjectKey;
use invoice::digest::Sha256Digest;

use super::api::body;
use super::archive::Archive;
use crate::audit::stock::Stock;
use crate::harness::http::Answer;
use crate::harness::{Options, Serve, eventually};

/// Accounts of DATEV, whose batches say when they were made.
const DATEV: &str = "datevConsultant=29098&datevClient=55003&datevFiscalYear=2026-01-01&datevDebtor=10000&datevRevenue=19=8400";

/// An export; another one may have the place for a moment.
async fn call(serve: &Serve, path: &str) -> Answer {
    eventually("room for an export", async || {
        let answer = serve.client().get(path).await;
        if answer.status == 503 {
            Err(answer)
        } else {
            Ok(answer)
        }
    })
    .await
}

/// The address by which a client with these bytes goes on.
fn behind(address: &str, bytes: &[u8]) -> String {
    let digest = Sha256Digest::of(bytes);
    let count = bytes.len();
    format!("{address}&resumeAt={count}&resumeSha256={digest}")
}

#[track_caller]
fn whole(answer: &Answer) -> Vec<u8> {
    assert_eq!(answer.status, 200, "{answer:?}");
    // The client has all of it.
    if answer.header("content-length") == Some("0") {
        return Vec::new();
    }
    let (bytes, is_whole) = body(answer);
    assert!(is_whole, "{} bytes", bytes.len());
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_cut_off_goes_on_and_has_the_file_of_one_go() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.write(0..70).await;
    let serve = stock.world.serve().await;
    let answer = call(&serve, &format!("/v1/export?{DATEV}")).await;
    assert_eq!(answer.header("accept-ranges"), Some("none"));
    let address = answer.header("content-location").expect("an address");
    assert!(address.contains("until="), "{address}");
    let all = whole(&answer);
    // What is recorded later is not of this export.
    stock.write(70..75).await;
    assert!(whole(&call(&serve, address).await) == all, "other bytes");

    let directory = all.windows(4).position(|it| it == b"PK\x01\x02");
    let directory = directory.expect("a directory");
    let ends = [
        0,
        1,
        all.len() / 3,
        all.len() / 2,
        directory - 10,
        directory + 10,
    ];
    for count in ends.into_iter().chain([all.len() - 1, all.len()]) {
        let had = &all[..count];
        let rest = whole(&call(&serve, &behind(address, had)).await);
        assert!([had, &rest].concat() == all, "behind {count} bytes");
    }
    let path = stock.world.path("whole.zip");
    std::fs::write(&path, &all).expect("written");
    assert_eq!(Archive::open(&path).rows("index.csv").len(), 70);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_beginning_of_the_export_is_not_continued() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.write(0..40).await;
    let serve = stock.world.serve().await;
    let answer = call(&serve, "/v1/export").await;
    let address = answer.header("content-location").expect("an address");
    let all = whole(&answer);
    let had = &all[..all.len() / 2];
    let refuses = async |path: &str| {
        let refused = call(&serve, path).await;
        let problem = refused.is_problem(409, "state_conflict");
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains("Begin anew"), "{detail}");
    };
    // A byte that is wrong, bytes that are missing, and more than there is.
    let mut damaged = had.to_vec();
    damaged[100] ^= 1;
    refuses(&behind(address, &damaged)).await;
    refuses(&behind(address, &had[5..])).await;
    refuses(&behind(address, &[&all[..], b"PK"].concat())).await;
    // The same bytes of another selection.
    refuses(&behind("/v1/export?until=2020-01-01T00:00:00Z", had)).await;

    // A document that the client has is not what it was any more; then it is again.
    let (first, pdf) = first_document(&all);
    let key = stock.row(first).await.object_key.expect("a key");
    let world = &stock.world;
    let delete = world.s3.delete_object().bucket(&world.bucket).key(&key);
    delete.send().await.expect("deleted");
    refuses(&behind(address, had)).await;
    let (key, request) = (ObjectKey::recorded(&key), stock.request(first));
    stock.upload(&request, &key, pdf.as_bytes()).await;
    let rest = whole(&call(&serve, &behind(address, had)).await);
    assert!([had, &rest].concat() == all, "other bytes");
}

/// Index and bytes of the first document in an export of what `Stock::write` has made.
fn first_document(all: &[u8]) -> (usize, String) {
    let text = String::from_utf8_lossy(all);
    let (_, rest) = text.split_once("%PDF-1.7 document ").expect("a document");
    let (index, _) = rest.split_once('\n').expect("its end");
    let pdf = format!("%PDF-1.7 document {index}\n");
    (index.parse().expect("a number"), pdf)
}
