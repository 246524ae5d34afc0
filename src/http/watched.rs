//! The body of an answer, whose connection has a request in work until all of it is handed over.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::connections::InWork;

/// A body with the request that it answers.
pub(super) struct Watched {
    body: Body,
    is_empty: bool,
    _in_work: InWork,
}

impl Watched {
    pub(super) fn new(body: Body, in_work: InWork) -> Self {
        Self {
            is_empty: body.is_end_stream(),
            body,
            _in_work: in_work,
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    /// Not after the last frame: hyper would drop the body then, before it has sent what that frame has. It asks for one frame
    /// more when there is room in its buffer again.
    fn is_end_stream(&self) -> bool {
        self.is_empty
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
