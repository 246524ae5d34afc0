use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, JobHeader, Load, Reply};
use crate::files::Files;
use crate::job_file::JobFile;
use crate::order::{Order, PageOrder, PictureSize};

/// The first byte says what the rest is.
pub(crate) fn check(data: &[u8]) {
    match data.split_first() {
        Some((0 | b'f', stream)) => are_read_alike(stream),
        Some((1 | b'j', parts)) => a_job_arrives(parts),
        Some((2 | b'l', parts)) => templates_arrive(parts),
        Some((_, bytes)) => a_reply_arrives(bytes),
        None => {}
    }
}

/// Any bytes.
fn are_read_alike(stream: &[u8]) {
    if let Some((load, body)) = read_by_both::<Load>(stream) {
        if let Ok(files) = load.files(&body) {
            let all: usize = files.values().map(|content| content.len()).sum();
            assert!(all <= body.len());
        }
    }
    if let Some((header, body)) = read_by_both::<JobHeader>(stream)
        && let Ok(parts) = header.parts(&body)
    {
        let files = parts.files.into_iter().flat_map(|file| file.bytes);
        let files: Vec<u8> = files.collect();
        assert!(
            [parts.view, parts.facts, files].concat() == body,
            "parts of the body are missing"
        );
    }
    read_by_both::<Reply>(stream);
}

fn a_job_arrives(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0);
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let order = Order {
        template: text(),
        logo: Some(text()).filter(|path| !path.is_empty()),
        ident: text(),
        may_be_one_page: data.len().is_multiple_of(2),
        picture: data.first().map(|byte| PageOrder {
            page: usize::from(*byte),
            size: if data.len().is_multiple_of(3) {
                PictureSize::Small
            } else {
                PictureSize::Inline
            },
        }),
    };
    let view = parts.next().unwrap_or_default().to_vec();
    let facts = parts.next().unwrap_or_default().to_vec();
    let parts: Vec<&[u8]> = parts.collect();
    let files = parts.chunks_exact(2).map(|pair| JobFile {
        path: String::from_utf8_lossy(pair[0]).into_owned(),
        bytes: pair[1].to_vec(),
    });
    let files: Vec<JobFile> = files.collect();
    let mut stream = Vec::new();
    now(frame::write_job(&mut stream, &order, &view, &facts, &files)).expect("written");
    let (header, mut body) = read_by_both::<JobHeader>(&stream).expect("whole");
    assert_eq!(header.order, order);
    let parts = header.parts(&body).expect("its parts");
    assert_eq!((parts.view, parts.facts, parts.files), (view, facts, files));
    is_never_read_cut::<JobHeader>(&stream);
    body.push(0);
    assert!(header.parts(&body).is_err(), "a byte too many");
    body.truncate(body.len().saturating_sub(2));
    assert!(
        body.is_empty() || header.parts(&body).is_err(),
        "a byte too few"
    );
}

fn templates_arrive(data: &[u8]) {
    let parts: Vec<&[u8]> = data.split(|byte| *byte == 0).collect();
    let pairs = parts.chunks_exact(2);
    let files: Files = pairs
        .map(|pair| {
            (
                String::from_utf8_lossy(pair[0]).into_owned(),
                pair[1].to_vec().into(),
            )
        })
        .collect();
    let folders: Vec<String> = files.keys().cloned().collect();
    let mut stream = Vec::new();
    now(frame::write_load(&mut stream, folders.clone(), &files)).expect("written");
    let (load, body) = read_by_both::<Load>(&stream).expect("whole");
    assert_eq!(load.folders, folders);
    assert_eq!(load.files(&body).expect("its files"), files);
    assert!(load.files(&[&body[..], b"x"].concat()).is_err());
    is_never_read_cut::<Load>(&stream);
}

fn a_reply_arrives(body: &[u8]) {
    let reply = Reply::PagesTooMany {
        pages: body.len(),
        limit: 3,
    };
    let mut stream = Vec::new();
    frame::write(&mut stream, &reply, body).expect("written");
    let (again, bytes) = read_by_both::<Reply>(&stream).expect("whole");
    assert_eq!(json(&again), json(&reply));
    assert_eq!(bytes, body);
    is_never_read_cut::<Reply>(&stream);
}

/// What the renderer's and the worker's side read, if it is a frame.
fn read_by_both<T: DeserializeOwned + Serialize>(stream: &[u8]) -> Option<(T, Vec<u8>)> {
    let one = frame::read::<T>(&mut &stream[..]).ok().flatten();
    let other = now(frame::read_async::<T>(&mut &stream[..])).ok();
    match (&one, &other) {
        (None, None) => {}
        (Some((one, body)), Some((other, bytes))) => {
            assert_eq!(json(one), json(other));
            assert!(body == bytes, "different bodies");
        }
        _ => panic!("read by one side only"),
    }
    one
}

fn is_never_read_cut<T: DeserializeOwned>(stream: &[u8]) {
    for end in [0, 1, 7, 8, 9, stream.len() / 2, stream.len() - 1] {
        let cut = &stream[..end.min(stream.len() - 1)];
        let read: io::Result<Option<(T, _)>> = frame::read(&mut &cut[..]);
        assert!(
            !matches!(read, Ok(Some(_))),
            "{end} of {} bytes",
            stream.len()
        );
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// Memory never makes a reader or a writer wait.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("memory is not ready"),
    }
}
