//! Style and script of the page. Their addresses have a digest, so that browsers keep them until they change.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use invoice::Sha256Digest;

use crate::http::problem::{Code, Problem};

/// The style.
pub(super) static CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "css",
        "text/css; charset=utf-8",
        include_str!("assets/ops.css"),
    )
});

/// The script.
pub(super) static JS: LazyLock<Asset> = LazyLock::new(|| {
    let media_type = "text/javascript; charset=utf-8";
    Asset::new("js", media_type, include_str!("assets/ops.js"))
});

/// A file that all pages use.
pub(super) struct Asset {
    path: String,
    media_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(extension: &str, media_type: &'static str, text: &'static str) -> Self {
        let digest = Sha256Digest::of(text.as_bytes()).to_string();
        Self {
            path: format!("/assets/ops.{}.{extension}", &digest[..16]),
            media_type,
            text,
        }
    }

    /// Its address.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// `/assets/{name}`
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let is_asked_for = |asset: &&Asset| asset.path.strip_prefix("/assets/") == Some(name.as_str());
    let asset = [&*CSS, &*JS].into_iter().find(is_asked_for);
    let asset = asset.ok_or_else(|| {
        // A page of another version of the program is open, or another replica has answered it.
        Problem::new(
            Code::NotFound,
            "this version has no such file; load the page again",
        )
    })?;
    let headers = [
        (CONTENT_TYPE, asset.media_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text).into_response())
}

/// `/favicon.ico`: pages name their icon, and a document that is opened by itself cannot.
pub(super) async fn no_icon() -> impl IntoResponse {
    let headers = [(CACHE_CONTROL, "public, max-age=86400")];
    (StatusCode::NO_CONTENT, headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_are_small_and_name_no_other_site() {
        let sizes = [&*CSS, &*JS].map(|asset| {
            assert!(!asset.text.contains("http://") && !asset.text.contains("https://"));
            assert!(!asset.text.contains("@import") && !asset.text.contains("eval("));
            asset.text.len()
        });
        // A page has 100 KB with its own text.
        assert!(sizes.iter().sum::<usize>() < 40_000, "{sizes:?}");
    }
}
