//! Secrets of sessions and forms.

use invoice::Sha256Digest;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// A new secret of 64 hexadecimal digits. Each of the three numbers has 122 random bits, so the digest has 256.
pub(super) fn random() -> String {
    let random = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    digest_of_bytes(random.as_flattened())
}

/// What the database keeps of a secret.
pub(super) fn digest(secret: &str) -> String {
    digest_of_bytes(secret.as_bytes())
}

fn digest_of_bytes(bytes: &[u8]) -> String {
    Sha256Digest::of(bytes).to_string()
}

/// Whether a text has the form of a secret.
pub(super) fn is_well_formed(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether two secrets are the same, in constant time.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_no_two_are_the_same() {
        let (one, other) = (random(), random());
        assert_eq!((one.len(), other.len()), (64, 64));
        assert!(!is_same(&one, &other) && is_same(&one, &one.clone()));
        assert!(!is_same(&one, &one[1..]) && !is_same(&one, ""));
        assert_ne!(digest(&one), one);
        assert!(is_well_formed(&one) && !is_well_formed(&one[1..]));
        assert!(!is_well_formed(&one.replace(&one[..1], "x")));
    }
}
