use serde_json::json;

use super::*;
use crate::fonts::Fonts;

/// The repository's fonts.
fn fonts() -> Fonts {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/fonts");
    Fonts::load(&Default::default(), Some(folder.as_ref())).expect("fonts")
}

fn shown(text: &str, right_to_left: bool) -> Result<String, RenderError> {
    let view = json!({"lines": [{"name": text}]}).to_string().into_bytes();
    let view = check(view, fonts().coverage(), right_to_left)?;
    let view: Value = serde_json::from_slice(&view).expect("JSON");
    Ok(view["lines"][0]["name"]
        .as_str()
        .expect("a name")
        .to_owned())
}

#[track_caller]
fn check_shown(text: &str, expected: &str) {
    assert_eq!(shown(text, false).expect("readable"), expected);
}

#[test]
fn what_the_fonts_have_stays_as_it_is() {
    for text in [
        "Bäckerei Öztürk",
        "Зубная щётка",
        "Áo thun nữ",
        "قميص قطني",
        "חולצה",
        "เสื้อยืด",
        "कुर्ता",
        "🔥 Hot Sale 🔥 T-Shirt ❤️ 👨‍👩‍👧 👍🏽 🇩🇪 1️⃣",
        "★ ➜ → ✔ ≥ ½ № ™",
        "soft\u{ad}hyphen, zero\u{200b}width, a\u{200d}b",
    ] {
        check_shown(text, text);
    }
}

#[test]
fn compatible_characters_stand_for_missing_ones() {
    check_shown("【Hot Sale】Ｔ－Ｓｈｉｒｔ，Ｍ", "[Hot Sale]T-Shirt,M");
    check_shown("𝐍𝐞𝐰 𝗔𝗿𝗿𝗶𝘃𝗮𝗹", "New Arrival");
    check_shown("a\u{3000}b \"＂＼\"", "a b \"\"\\\"");
}

#[test]
fn what_archivable_files_must_not_have_is_left_out() {
    check_shown("D\u{2060}E\u{feff}F", "D\u{2060}EF");
}

#[test]
fn symbols_that_no_font_has_are_left_out() {
    // A mahjong tile that is not in the font of emoji, and one of music.
    check_shown("T-Shirt \u{1d11e} blue", "T-Shirt blue");
    check_shown("\u{1d11e}\u{fe0f} a\n\u{1d11e} b", "a\nb");
    // Private characters mean something to their inventor only.
    check_shown("\u{f8ff} Phone \u{e000}", "Phone");
    // The font of emoji has some.
    check_shown("Phone \u{fe82c} 2", "Phone 2");
}

#[test]
fn decorations_have_a_plain_form() {
    for (text, plain) in [
        ("❶ Cotton ❷ Washable", "1 Cotton 2 Washable"),
        ("｢NEW｣ Lamp ･ﾟ", "[NEW] Lamp ·"),
        ("〝SALE〟 Cup", "\"SALE\" Cup"),
        ("ⓞⓝⓔ ⓫ ⓿", "one 11 0"),
        ("〖Set〗｡､", "[Set]. , "),
    ] {
        check_shown(text, plain);
    }
}

#[test]
fn optional_texts_of_nothing_but_such_symbols_are_left_out() {
    let view = json!({
        "lines": [{"name": "Mug", "description": "\u{1d11e}\u{fe0f}", "allowances": [{"reason": "\u{1d11e} \u{1d11e}"}]}],
        "notes": ["\u{1d11e}", "Thank you", "\u{1d11e}\n\u{1d11e}"],
    });
    let view = view.to_string().into_bytes();
    let view = check(view, fonts().coverage(), false).expect("readable");
    let view: Value = serde_json::from_slice(&view).expect("JSON");
    let expected = json!({
        "lines": [{"name": "Mug", "description": null, "allowances": [{"reason": null}]}],
        "notes": ["Thank you"],
    });
    assert_eq!(view, expected);
}

#[test]
fn letters_that_no_font_has_are_errors_with_their_field() {
    let error = shown("T-Shirt 恤", false).expect_err("refused");
    assert_eq!(error.code().as_str(), "glyph_missing");
    let message = error.to_string();
    assert!(message.contains("/lines/0/name"), "{message}");
    assert!(message.contains("U+6064"), "{message}");
    // Nothing would be left of the name.
    shown("\u{1d11e}", false).expect_err("refused");
    shown("\u{f8ff}", false).expect_err("refused");
}

#[test]
fn nothing_in_a_request_turns_a_line_around() {
    check_shown("T-\u{202e}trihS\u{202c} \u{2067}x\u{2069}", "T-trihS x");
}

#[test]
fn on_a_page_from_right_to_left_strings_hold_together() {
    for (text, isolated) in [
        ("12 Harbor Street", true),
        ("+49 40 1234567", true),
        ("T-Shirt (M)", true),
        ("Harbor Street 12", false),
        ("DE89 3704 0044", false),
        ("1,234.50", false),
        ("قميص 12", false),
        ("شارع Main (2)", false),
        ("us-letter", false),
        ("7\u{200e}%\u{200e}", false),
    ] {
        let shown = shown(text, true).expect("readable");
        assert_eq!(shown.starts_with('\u{2066}'), isolated, "{text}");
        assert!(shown.contains(text), "{text}");
    }
}

#[test]
fn what_is_compared_or_followed_stays_as_it_is() {
    let view = json!({
        "attachments": [{"url": "https://files.example/1/"}],
        "paper": "80mm",
        "payment": {"qr": {"amount": "1 949.75"}, "url": "https://pay.example/1/"},
    });
    let view = view.to_string().into_bytes();
    let checked = check(view.clone(), fonts().coverage(), true).expect("readable");
    assert_eq!(checked, view);
}

#[test]
fn a_field_of_the_view_is_named_as_in_the_request() {
    for (view, request) in [
        ("/document/number", "/number"),
        ("/seller/name", "/seller/name"),
        ("/buyer/addressLines/1", "/buyer/address"),
        ("/payee/addressLines/0", "/payee/address"),
        ("/delivery/addressLines/0", "/delivery/address"),
        ("/payment/mandate", "/payment/means/mandate"),
        ("/seller/legalId", "/seller/legalId/value"),
        ("/payment/accountName", "/payment/means/accountName"),
        ("/payment/terms", "/payment/terms"),
        ("/payment/meansText", "/payment/means/text"),
        (
            "/payment/furtherMeans/1/accountName",
            "/payment/furtherMeans/1/accountName",
        ),
        ("/lines/7/more/note", "/lines/7/note"),
        (
            "/lines/7/more/attributes/0/value",
            "/lines/7/attributes/0/value",
        ),
        ("/attachments/0/location", "/attachments/0/url"),
        ("/notes/2", "/notes/2/text"),
        ("/lines/7/name", "/lines/7/name"),
    ] {
        assert_eq!(request_pointer(view), request);
    }
}
