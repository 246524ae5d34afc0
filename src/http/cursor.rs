//! Cursors of lists: opaque, and bound to the filter that they were made for.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use invoice::Sha256Digest;
use uuid::Uuid;

use super::problem::{Code, Problem};

/// Bytes of a cursor that bind it to its filter.
const SEAL: usize = 8;

/// The cursor after this row, for this filter.
pub(super) fn after(filter: &str, id: Uuid) -> String {
    let mut bytes = id.into_bytes().to_vec();
    bytes.extend_from_slice(&seal(filter, id));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The row after which a list goes on.
///
/// # Errors
///
/// The cursor is not one of this filter.
pub(super) fn read(filter: &str, cursor: &str) -> Result<Uuid, Problem> {
    let open = || {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (id, sealed) = bytes.split_at_checked(16)?;
        let id = Uuid::from_slice(id).ok()?;
        (sealed == seal(filter, id)).then_some(id)
    };
    open().ok_or_else(|| {
        let detail =
            "take the cursor as a page gave it, with the same parameters, or begin without one";
        Problem::new(Code::CursorInvalid, detail)
    })
}

/// The cursor after a row with a number.
pub(super) fn after_number(filter: &str, id: i64) -> String {
    after(filter, Uuid::from_u128(u128::from(id.unsigned_abs())))
}

/// The number after which a list goes on; none at its beginning.
///
/// # Errors
///
/// The cursor is not one of this filter.
pub(super) fn number(filter: &str, cursor: Option<&str>) -> Result<Option<i64>, Problem> {
    let id = cursor.map(|cursor| read(filter, cursor)).transpose()?;
    Ok(id.map(|id| i64::try_from(id.as_u128()).unwrap_or(i64::MAX)))
}

fn seal(filter: &str, id: Uuid) -> [u8; SEAL] {
    let digest = Sha256Digest::of(format!("{id} {filter}").as_bytes());
    let mut seal = [0; SEAL];
    seal.copy_from_slice(&digest.as_bytes()[..SEAL]);
    seal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_filter_and_cannot_be_changed() {
        let id = Uuid::now_v7();
        let cursor = after("shop=a", id);
        assert_eq!(read("shop=a", &cursor).expect("its own"), id);
        assert!(read("shop=b", &cursor).is_err());
        for index in 0..cursor.len() {
            let mut other = cursor.clone().into_bytes();
            other[index] = if other[index] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).expect("ASCII");
            // The last letter has bits that count for nothing, and decoding refuses them unless they are zero.
            assert!(read("shop=a", &other).is_err(), "{other}");
        }
        for cursor in ["", "!", "AAAA", &format!("{cursor}A")] {
            assert!(read("shop=a", cursor).is_err(), "{cursor}");
        }
    }
}
