//! Buckets whose requester pays: every call says that it does.

use std::error::Error;

use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};

/// The header, and the parameter of a presigned URL.
const NAME: &str = "x-amz-request-payer";
const VALUE: &str = "requester";

/// Adds the header to all calls, also to those that are added to this program later.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequesterPays;

impl Intercept for RequesterPays {
    fn name(&self) -> &'static str {
        "RequesterPays"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        context.request_mut().headers_mut().insert(NAME, VALUE);
        Ok(())
    }
}

/// Moves the header into the query, before a URL is signed: a browser sends no header of ours.
pub(super) fn in_query(request: &mut HttpRequest) {
    if request.headers_mut().remove(NAME).is_none() {
        return;
    }
    let uri = request.uri();
    let sign = if uri.contains('?') { '&' } else { '?' };
    let uri = format!("{uri}{sign}{NAME}={VALUE}");
    // What was added needs no encoding, so the URL is as valid as it was.
    request.set_uri(uri).ok();
}
