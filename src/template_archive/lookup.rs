//! Looking a template up by its digest or the first digits of it, to compare others with it.

use std::collections::BTreeSet;

use document::Catalog;

use super::error::ArchiveError;
use super::{kept, keys};
use crate::storage::Storage;

/// Fewest digits that name a template.
const MIN_DIGITS: usize = 6;

/// Why digits name no template.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none.
    #[error(
        "the bucket has no template whose digest starts with {digits} below {}: it was never stored, or was deleted; \
         records and `templates list --json` have digests of templates",
        super::PREFIX
    )]
    Unknown {
        /// The digits.
        digits: String,
    },
    /// There are several.
    #[error(
        "{digits} starts the digests of several templates in the bucket, expected more digits of one: {}",
        .digests.join(", ")
    )]
    Ambiguous {
        /// The digits.
        digits: String,
        /// All digests that start with them.
        digests: Vec<String>,
    },
    /// The template cannot be read or used.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Whether a text can be the digest of a template, or the first digits of it.
pub fn is_digest(text: &str) -> bool {
    (MIN_DIGITS..=keys::DIGITS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The stored template whose digest starts with these digits. Its catalog has the brands and the further fonts of `beside`, which
/// the digest does not cover.
///
/// # Errors
///
/// There is no such template, or more than one; the bucket cannot be read; or what is stored is damaged.
pub async fn find(storage: &Storage, digits: &str, beside: &Catalog) -> Result<Catalog, FindError> {
    let digest = digest(storage, digits).await?;
    let manifest = kept::manifest(storage, &digest).await?;
    Ok(kept::catalog_beside(storage, &manifest, beside).await?)
}

async fn digest(storage: &Storage, digits: &str) -> Result<String, FindError> {
    let start = keys::manifests(&digits.to_ascii_lowercase());
    let found = storage.own_keys(&start).await;
    let found = found.map_err(ArchiveError::storage(&start))?;
    let digests = found.iter().filter_map(keys::digest_of_template);
    let digests: BTreeSet<&str> = digests.collect();
    match digests.first() {
        None => Err(FindError::Unknown {
            digits: digits.to_owned(),
        }),
        Some(digest) if digests.len() == 1 => Ok((*digest).to_owned()),
        Some(_) => Err(FindError::Ambiguous {
            digits: digits.to_owned(),
            digests: digests.into_iter().map(ToOwned::to_owned).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_or_its_first_digits_are_no_folder_name() {
        let whole = "0123456789abcdefABCDEF".repeat(3);
        for digits in ["012abc", "012ABC", &whole[..64]] {
            assert!(is_digest(digits), "{digits}");
        }
        for other in [
            "",
            "012ab",
            "shipped",
            "my-templates",
            "./012abc",
            whole.as_str(),
        ] {
            assert!(!is_digest(other), "{other}");
        }
    }
}
