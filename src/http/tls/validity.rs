//! When a certificate ends. rustls checks the validity of certificates and has no way to ask for it.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Tags of DER (X.690).
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Of the version, which a certificate of version 1 leaves out.
const VERSION: u8 = 0xa0;

/// Seconds are there, fractions and other zones are not (RFC 5280, 4.1.2.5).
const FORM: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day][hour][minute][second]Z");

/// `notAfter` of a certificate in DER (RFC 5280, 4.1); none where it cannot be read.
pub(super) fn not_after(certificate: &[u8]) -> Option<OffsetDateTime> {
    let (certificate, _) = content(certificate, SEQUENCE)?;
    let (mut fields, _) = content(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = element(fields)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (validity, _) = content(fields, SEQUENCE)?;
    let (_, _, behind_not_before) = element(validity)?;
    let (tag, text, _) = element(behind_not_before)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

fn moment(tag: u8, text: &str) -> Option<OffsetDateTime> {
    let text = match tag {
        // Of the year it has two digits, for 1950 to 2049.
        UTC_TIME if text < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let moment = PrimitiveDateTime::parse(&text, FORM).ok()?;
    Some(moment.assume_utc())
}

/// The content of the first element, which has this tag, and what is behind it.
fn content(der: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, behind) = element(der)?;
    (tag == expected).then_some((content, behind))
}

/// Tag and content of the first element, and what is behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, der) = der.split_first()?;
    let (&first, der) = der.split_first()?;
    let (length, der) = match first {
        0..=0x7f => (usize::from(first), der),
        // So many bytes have the length. No certificate is longer than 16 MiB.
        0x81..=0x83 => {
            let (bytes, der) = der.split_at_checked(usize::from(first & 0x7f))?;
            let bytes = bytes.iter().map(|byte| usize::from(*byte));
            (
                bytes.fold(0_usize, |length, byte| (length << 8) | byte),
                der,
            )
        }
        _ => return None,
    };
    let (content, behind) = der.split_at_checked(length)?;
    Some((tag, content, behind))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};
    use time::macros::datetime;

    use super::*;

    fn certificate(ends: OffsetDateTime) -> Vec<u8> {
        let mut parameters =
            CertificateParams::new(["localhost".to_owned()]).expect("a name of a server");
        parameters.not_after = ends;
        // The issuer, which is in front of the validity, has a length of two bytes then.
        parameters
            .distinguished_name
            .push(DnType::OrganizationName, "o".repeat(300));
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        certificate.der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        for ends in [
            datetime!(1999-12-31 23:59:59 UTC),
            datetime!(2026-11-30 8:15:01 UTC),
            // The last moment of UTCTime, and the first one of GeneralizedTime.
            datetime!(2049-12-31 23:59:59 UTC),
            datetime!(2050-01-01 0:00 UTC),
            datetime!(9999-12-31 23:59:59 UTC),
        ] {
            assert_eq!(not_after(&certificate(ends)), Some(ends));
        }
    }

    #[test]
    fn two_digits_of_a_year_are_those_from_1950_to_2049() {
        for (tag, text, expected) in [
            (
                UTC_TIME,
                "491231235959Z",
                Some(datetime!(2049-12-31 23:59:59 UTC)),
            ),
            (
                UTC_TIME,
                "500101000000Z",
                Some(datetime!(1950-01-01 0:00 UTC)),
            ),
            (
                GENERALIZED_TIME,
                "20500101000000Z",
                Some(datetime!(2050-01-01 0:00 UTC)),
            ),
            (UTC_TIME, "20500101000000Z", None),
            (UTC_TIME, "4912312359Z", None),
            (UTC_TIME, "491231235959+0100", None),
            (GENERALIZED_TIME, "20500101000000.5Z", None),
            (GENERALIZED_TIME, "20501301000000Z", None),
            (SEQUENCE, "20500101000000Z", None),
            (UTC_TIME, "", None),
        ] {
            assert_eq!(moment(tag, text), expected, "{tag} {text}");
        }
    }

    #[test]
    fn a_certificate_without_a_version_is_read_too() {
        let time = |text: &[u8]| [&[UTC_TIME, 13][..], text].concat();
        let of = |content: &[u8]| {
            let length = u8::try_from(content.len()).expect("a short one");
            [&[SEQUENCE, length][..], content].concat()
        };
        let validity = of(&[time(b"200101000000Z"), time(b"300101000000Z")].concat());
        let fields = [&[2, 1, 7][..], &of(&[]), &of(&[]), &validity].concat();
        let certificate = of(&of(&fields));
        assert_eq!(
            not_after(&certificate),
            Some(datetime!(2030-01-01 0:00 UTC))
        );
    }

    #[test]
    fn bytes_that_are_cut_or_no_certificate_have_no_end() {
        let whole = certificate(datetime!(2030-01-01 0:00 UTC));
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length} bytes");
        }
        for bytes in [
            &[SEQUENCE, 0x80, 0, 0][..],
            &[SEQUENCE, 0x84, 0, 0, 0, 0],
            &[SEQUENCE, 0xff],
            &[0; 64],
            b"-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(not_after(bytes), None, "{bytes:?}");
        }
    }
}
