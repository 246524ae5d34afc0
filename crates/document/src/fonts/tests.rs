use super::*;

#[test]
fn readers_get_the_chinese_characters_of_their_country() {
    let family = |name: &str| Family {
        kind: kind(name),
        name: name.to_owned(),
    };
    let fonts = Fonts {
        faces: Vec::new(),
        families: [
            "Noto Emoji",
            "Noto Sans",
            "Noto Sans Arabic",
            "Noto Sans CJK HK",
            "Noto Sans CJK JP",
            "Noto Sans CJK SC",
            "Noto Sans CJK TC",
        ]
        .map(family)
        .into(),
        widths: Widths::default(),
        coverage: Coverage::default(),
    };
    for (locale, cjk) in [
        ("ja-JP", "Noto Sans CJK JP"),
        ("zh", "Noto Sans CJK SC"),
        ("zh-SG", "Noto Sans CJK SC"),
        ("zh-TW", "Noto Sans CJK TC"),
        ("zh-Hant", "Noto Sans CJK TC"),
        ("zh-Hant-HK", "Noto Sans CJK HK"),
        ("de-DE", "Noto Sans CJK SC"),
    ] {
        let families = fonts.families(&locale.parse().expect("a locale"));
        assert_eq!(
            families[..3],
            ["Noto Sans", "Noto Sans Arabic", cjk],
            "{locale}"
        );
        assert_eq!(families.last(), Some(&"Noto Emoji"), "{locale}");
    }
}

#[test]
fn a_set_of_characters_knows_its_members() {
    let mut coverage = Coverage::default();
    for c in ['a', '\u{3f}', '\u{40}', '🔥'] {
        coverage.add(c.into());
        assert!(coverage.contains(c));
    }
    for c in ['b', '\u{41}', '\u{1f526}', '\u{10ffff}'] {
        assert!(!coverage.contains(c), "{c}");
    }
}
