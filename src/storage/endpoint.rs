//! Where the bucket is.

use std::sync::OnceLock;

use aws_sdk_s3::config::endpoint::{
    DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint,
};

/// The endpoint by the SDK's rules, resolved once. They depend on bucket and settings only, but the SDK would resolve them
/// again for each key.
#[derive(Debug, Default)]
pub(super) struct EndpointOfBucket {
    rules: DefaultResolver,
    known: OnceLock<Endpoint>,
}

impl ResolveEndpoint for EndpointOfBucket {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        if let Some(known) = self.known.get() {
            return EndpointFuture::ready(Ok(known.clone()));
        }
        EndpointFuture::new(async move {
            let found = ResolveEndpoint::resolve_endpoint(&self.rules, params).await?;
            Ok(self.known.get_or_init(|| found).clone())
        })
    }
}
