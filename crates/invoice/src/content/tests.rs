use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;
use crate::FailureCode;

const JSON: &[u8] = br#"{"marketplace":{"orderId":"1"}}"#;

fn encoding(content_encoding: &str) -> Form<'_> {
    Form {
        content_encoding: Some(content_encoding),
        ..Form::default()
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("written");
    encoder.finish().expect("packed")
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("written");
    encoder.finish().expect("packed")
}

fn raw(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("written");
    encoder.finish().expect("packed")
}

#[test]
fn a_body_is_unpacked_by_its_content_encoding() {
    let members = [gzip(&JSON[..9]), gzip(&JSON[9..])].concat();
    for (content_encoding, body) in [
        ("", JSON.to_vec()),
        ("identity", JSON.to_vec()),
        ("UTF-8", JSON.to_vec()),
        ("binary", JSON.to_vec()),
        ("gzip", gzip(JSON)),
        (" GZIP ", gzip(JSON)),
        ("x-gzip", gzip(JSON)),
        ("gzip:UTF-8", gzip(JSON)),
        ("gzip, utf-8", gzip(JSON)),
        ("gzip", members),
        ("deflate", zlib(JSON)),
        ("deflate", raw(JSON)),
    ] {
        let found = content(&body, encoding(content_encoding), JSON.len());
        assert_eq!(found.as_deref(), Ok(JSON), "{content_encoding}");
    }
}

#[test]
fn what_is_not_understood_is_named() {
    let typed = |content_type| Form {
        content_type: Some(content_type),
        ..Form::default()
    };
    let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (body, form, message) in [
        (JSON, encoding("br"), r#"content encoding "br""#),
        (JSON, encoding("gzip, zstd"), r#"content encoding "zstd""#),
        (JSON, encoding("gzip, gzip"), "compressed twice"),
        (JSON, encoding("gzip"), "is not gzip"),
        (JSON, encoding("deflate"), "is not deflate"),
        (&gzip(JSON)[..20], encoding("gzip"), "is not gzip"),
        (
            &gzip(JSON),
            encoding(""),
            "expected the content encoding gzip",
        ),
        (&utf_16, encoding(""), "is UTF-16"),
        (b"\xff\xfe{\0}\0", encoding(""), "is UTF-16"),
        (
            JSON,
            typed("application/json; charset=utf-16"),
            r#"charset "utf-16""#,
        ),
        (
            JSON,
            typed("application/json;Charset=\"ISO-8859-1\""),
            r#"charset "ISO-8859-1""#,
        ),
    ] {
        let problem = content(body, form, 1 << 20).expect_err(message);
        assert_eq!(problem.code, FailureCode::RequestMalformed, "{message}");
        assert!(problem.message.contains(message), "{problem}");
    }
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json; charset=\"UTF-8\"; x=y",
        "application/json; charset=us-ascii",
        "application/json;",
    ] {
        let found = content(JSON, typed(content_type), 1 << 20);
        assert_eq!(found.as_deref(), Ok(JSON), "{content_type}");
    }
}

#[test]
fn a_small_body_that_becomes_a_huge_one_is_unpacked_up_to_the_limit() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100 << 10, "{}", bomb.len());
    for packed in [bomb, zlib(&vec![b' '; 8 << 20])] {
        let coding = if packed.starts_with(b"\x1f\x8b") {
            "gzip"
        } else {
            "deflate"
        };
        let problem = content(&packed, encoding(coding), 1_000).expect_err("too large");
        assert_eq!(problem.code, FailureCode::RequestTooLarge);
        assert!(
            problem.message.contains("more than 1000 bytes"),
            "{problem}"
        );
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_content() {
    let marked = [b"\xef\xbb\xbf", JSON].concat();
    assert_eq!(clean(&marked), JSON);
    assert!(matches!(clean(&marked), Cow::Borrowed(_)));
    let packed = gzip(&marked);
    let found = content(&packed, encoding("gzip"), 1 << 20);
    assert_eq!(found.as_deref(), Ok(JSON));
}

#[test]
fn half_a_character_is_left_out() {
    for (json, expected) in [
        (r#""Cup \ud83d""#, r#""Cup ""#),
        (r#""\uDE00 Cup""#, r#"" Cup""#),
        (r#""\ud83d\ud83d\ude00""#, r#""\ud83d\ude00""#),
        (r#""\ud83d\u0041""#, r#""\u0041""#),
        (r#""\ud83d\n""#, r#""\n""#),
    ] {
        assert_eq!(clean(json.as_bytes()), expected.as_bytes(), "{json}");
        serde_json::from_str::<String>(expected).expect("JSON");
    }
    for whole in [
        r#""\ud83d\ude00""#,
        // An escaped backslash before letters.
        r#""\\ud83d""#,
        r#""\u00e9 \" \\""#,
        // Not JSON: the parser has the words for it.
        r#""\ud83""#,
        r#""\"#,
        r#""\ud8zz""#,
    ] {
        assert!(
            matches!(clean(whole.as_bytes()), Cow::Borrowed(_)),
            "{whole}"
        );
    }
}

#[test]
fn no_order_and_no_field_becomes_another_one_by_what_is_left_out() {
    let many = "\\ud83d".repeat(85);
    let replaced = "\\ufffd".repeat(85);
    for (json, expected) in [
        (
            r#"{"marketplace":{"orderId":"1\ud83d"},"a":"\ud83d"}"#.to_owned(),
            r#"{"marketplace":{"orderId":"1\ufffd"},"a":""}"#.to_owned(),
        ),
        (
            r#"{"lines":["\ud83d"],"marketplace":{"orderId":"1"}}"#.to_owned(),
            r#"{"lines":[""],"marketplace":{"orderId":"1"}}"#.to_owned(),
        ),
        // A part that would be too long to be searched for.
        (
            format!(r#"{{"marketplace":{{"orderId":"1{many}"}}}}"#),
            format!(r#"{{"marketplace":{{"orderId":"1{replaced}"}}}}"#),
        ),
        // An attribute of a CloudEvent has the same name.
        (
            r#"{"marketplace":"x\ud83d","data":{"marketplace":{"orderId":"1\ud83d","a":["\ud83d"]},"b":"\ud83d"}}"#.to_owned(),
            r#"{"marketplace":"x\ufffd","data":{"marketplace":{"orderId":"1\ufffd","a":["\ufffd"]},"b":""}}"#.to_owned(),
        ),
        (
            r#"{"market\u0070lace" : {"marketplace":{},"orderId":"\ud83d"}, "c":"\ud83d"}"#.to_owned(),
            r#"{"market\u0070lace" : {"marketplace":{},"orderId":"\ufffd"}, "c":""}"#.to_owned(),
        ),
        // Names.
        (
            r#"{"order\ud83dId":"1","x":"order\ud83dId"}"#.to_owned(),
            r#"{"order\ufffdId":"1","x":"orderId"}"#.to_owned(),
        ),
        (
            r#"{"marketplace\ud83d":{"orderId":"\ud83d"}}"#.to_owned(),
            r#"{"marketplace\ufffd":{"orderId":""}}"#.to_owned(),
        ),
        // Not JSON.
        (
            r#"}]{"marketplace":{"orderId":"\ud83d"#.to_owned(),
            r#"}]{"marketplace":{"orderId":"\ufffd"#.to_owned(),
        ),
    ] {
        let found = clean(json.as_bytes()).into_owned();
        assert_eq!(String::from_utf8_lossy(&found), expected, "{json}");
    }
}

#[test]
fn a_content_that_is_larger_than_its_limit_is_refused_before_it_is_read() {
    // Not packed, and with a half that would be left out.
    let body = br#""\ud83d Cup""#;
    let problem = content(body, Form::default(), body.len() - 1).expect_err("too large");
    assert_eq!(problem.code, FailureCode::RequestTooLarge);
    assert!(problem.message.contains("at most 11"), "{problem}");
    assert!(content(body, Form::default(), body.len()).is_ok());
}

#[test]
fn many_halves_need_no_more_memory_than_the_body() {
    let json = format!("[\"{}\"]", "\\ud83d".repeat(100_000));
    let whole = surrogates::without_halves(json.as_bytes()).expect("halves");
    assert_eq!(whole, b"[\"\"]");
    assert!(whole.capacity() <= json.len(), "{}", whole.capacity());
    let named = format!("{{\"marketplace\":{json}}}");
    let whole = surrogates::without_halves(named.as_bytes()).expect("halves");
    assert_eq!(whole.len(), named.len());
    assert_eq!(whole.capacity(), named.len());
}

#[test]
fn the_beginning_of_a_body_is_read_as_far_as_it_goes() {
    let marked = [BYTE_ORDER_MARK, JSON].concat();
    let odd = Form {
        content_type: Some("application/json; charset=utf-16"),
        ..Form::default()
    };
    let packed = gzip(JSON);
    let broken = &packed[..packed.len() - 8];
    for (body, form, expected) in [
        (JSON, encoding(""), JSON),
        (&marked, encoding(""), JSON),
        (JSON, encoding("br"), JSON),
        (JSON, odd, JSON),
        (&packed, encoding("gzip"), JSON),
        (broken, encoding("gzip"), JSON),
        (&gzip(&marked), encoding("gzip"), JSON),
    ] {
        let found = beginning(body, form, 1 << 10);
        assert_eq!(&*found, expected, "{form:?}");
    }
    assert_eq!(&*beginning(&packed, encoding("gzip"), 9), &JSON[..9]);
    assert_eq!(&*beginning(JSON, encoding(""), 9), &JSON[..9]);
}

#[test]
fn a_content_type_can_lose_its_charset() {
    for (content_type, expected) in [
        ("application/json; charset=utf-16", "application/json"),
        (
            "application/json;Charset=\"latin1\"; x=y",
            "application/json; x=y",
        ),
        ("application/json", "application/json"),
        ("", ""),
    ] {
        assert_eq!(without_charset(content_type), expected);
    }
}

#[test]
fn a_content_that_was_changed_is_packed_as_its_body_was() {
    for coding in ["gzip", "deflate"] {
        let form = encoding(coding);
        let packed_again = packed(JSON, form).expect("packed");
        assert_ne!(&*packed_again, JSON);
        let found = content(&packed_again, form, JSON.len());
        assert_eq!(found.as_deref(), Ok(JSON), "{coding}");
        // It was packed by the editor already.
        assert!(matches!(packed(&packed_again, form), Ok(Cow::Borrowed(_))));
    }
    assert!(matches!(packed(JSON, encoding("")), Ok(Cow::Borrowed(_))));
}
