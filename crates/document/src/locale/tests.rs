use std::fmt::Write as _;

use time::macros::date;

use super::*;

/// A text with names for invisible characters and for spaces.
fn visible(text: &str) -> String {
    text.chars().fold(String::new(), |mut visible, c| {
        match c {
            '\u{a0}' => visible.push('~'),
            '\u{200e}' => visible.push_str("<lrm>"),
            '\u{200f}' => visible.push_str("<rlm>"),
            '\u{61c}' => visible.push_str("<alm>"),
            '\u{202f}' => visible.push('_'),
            other => visible.push(other),
        }
        visible
    })
}

fn formats(locale: &str, currency: &str) -> Formats {
    let currency = Currency::from_code(currency).expect("a currency");
    Formats::for_locale(&locale.parse().expect("a locale"), currency)
}

/// The expected values were made by another implementation of CLDR 47 (Babel 2.18, with the spaces after letters added that it
/// leaves out), and reviewed.
#[test]
fn each_locale_has_its_formats() {
    let cases = [
        ("en-US", "USD"),
        ("en-US", "CAD"),
        ("en-US", "CHF"),
        ("en-CA", "CAD"),
        ("en-CA", "USD"),
        ("en-GB", "GBP"),
        ("en-GB", "USD"),
        ("en-AU", "AUD"),
        ("en-SG", "SGD"),
        ("en-IN", "INR"),
        ("de-DE", "EUR"),
        ("de-DE", "USD"),
        ("de-AT", "EUR"),
        ("de-CH", "CHF"),
        ("fr-FR", "EUR"),
        ("fr-CA", "CAD"),
        ("fr-CH", "CHF"),
        ("es-ES", "EUR"),
        ("es-MX", "MXN"),
        ("es-CL", "CLP"),
        ("es-AR", "ARS"),
        ("it-IT", "EUR"),
        ("it-CH", "CHF"),
        ("nl-NL", "EUR"),
        ("pl-PL", "PLN"),
        ("pt-BR", "BRL"),
        ("pt-PT", "EUR"),
        ("tr-TR", "TRY"),
        ("sv-SE", "SEK"),
        ("ja-JP", "JPY"),
        ("zh-CN", "CNY"),
        ("zh-TW", "TWD"),
        ("zh-HK", "HKD"),
        ("zh-SG", "SGD"),
        ("ko-KR", "KRW"),
        ("th-TH", "THB"),
        ("vi-VN", "VND"),
        ("id-ID", "IDR"),
        ("ar-AE", "AED"),
        ("ar-SA", "SAR"),
        ("ar-EG", "EGP"),
        ("he-IL", "ILS"),
        ("ms-MY", "MYR"),
        ("fil-PH", "PHP"),
        ("tl-PH", "PHP"),
        ("hi-IN", "INR"),
    ];
    let mut table = String::new();
    for (locale, currency) in cases {
        let formats = formats(locale, currency);
        let digits = formats.currency.exponent().map_or(0, u32::from);
        let mut amount = Decimal::new(123_456_780, 2);
        amount.rescale(digits);
        let row = [
            formats.money(amount),
            formats.money(-amount),
            formats.percent(Decimal::new(75, 1)),
            formats.date(date!(2026 - 11 - 05)),
        ];
        writeln!(table, "{locale} {currency} | {}", visible(&row.join(" | "))).expect("a string");
    }
    insta::assert_snapshot!(table, @r"
    en-US USD | $1,234,567.80 | -$1,234,567.80 | 7.5% | Nov 5, 2026
    en-US CAD | CA$1,234,567.80 | -CA$1,234,567.80 | 7.5% | Nov 5, 2026
    en-US CHF | CHF~1,234,567.80 | -CHF~1,234,567.80 | 7.5% | Nov 5, 2026
    en-CA CAD | $1,234,567.80 | -$1,234,567.80 | 7.5% | Nov 5, 2026
    en-CA USD | US$1,234,567.80 | -US$1,234,567.80 | 7.5% | Nov 5, 2026
    en-GB GBP | £1,234,567.80 | -£1,234,567.80 | 7.5% | 5 Nov 2026
    en-GB USD | US$1,234,567.80 | -US$1,234,567.80 | 7.5% | 5 Nov 2026
    en-AU AUD | $1,234,567.80 | -$1,234,567.80 | 7.5% | 5 Nov 2026
    en-SG SGD | $1,234,567.80 | -$1,234,567.80 | 7.5% | 5 Nov 2026
    en-IN INR | ₹12,34,567.80 | -₹12,34,567.80 | 7.5% | 05 Nov 2026
    de-DE EUR | 1.234.567,80~€ | -1.234.567,80~€ | 7,5~% | 05.11.2026
    de-DE USD | 1.234.567,80~$ | -1.234.567,80~$ | 7,5~% | 05.11.2026
    de-AT EUR | €~1~234~567,80 | -€~1~234~567,80 | 7,5~% | 05.11.2026
    de-CH CHF | CHF~1'234'567.80 | CHF-1'234'567.80 | 7.5% | 05.11.2026
    fr-FR EUR | 1_234_567,80~€ | -1_234_567,80~€ | 7,5~% | 5 nov. 2026
    fr-CA CAD | 1~234~567,80~$ | -1~234~567,80~$ | 7,5~% | 5 nov. 2026
    fr-CH CHF | 1'234'567,80~CHF | -1'234'567,80~CHF | 7,5% | 5 nov. 2026
    es-ES EUR | 1.234.567,80~€ | -1.234.567,80~€ | 7,5~% | 5 nov 2026
    es-MX MXN | $1,234,567.80 | -$1,234,567.80 | 7.5% | 5 nov 2026
    es-CL CLP | $1.234.568 | $-1.234.568 | 7,5% | 05-11-2026
    es-AR ARS | $~1.234.567,80 | -$~1.234.567,80 | 7,5% | 5 de nov de 2026
    it-IT EUR | 1.234.567,80~€ | -1.234.567,80~€ | 7,5% | 5 nov 2026
    it-CH CHF | CHF~1'234'567.80 | CHF-1'234'567.80 | 7.5% | 5 nov 2026
    nl-NL EUR | €~1.234.567,80 | €~-1.234.567,80 | 7,5% | 5 nov 2026
    pl-PL PLN | 1~234~567,80~zł | -1~234~567,80~zł | 7,5% | 5 lis 2026
    pt-BR BRL | R$~1.234.567,80 | -R$~1.234.567,80 | 7,5% | 5 de nov. de 2026
    pt-PT EUR | 1~234~567,80~€ | -1~234~567,80~€ | 7,5% | 05/11/2026
    tr-TR TRY | ₺1.234.567,80 | -₺1.234.567,80 | %7,5 | 5 Kas 2026
    sv-SE SEK | 1~234~567,80~kr | −1~234~567,80~kr | 7,5~% | 5 nov. 2026
    ja-JP JPY | ￥1,234,568 | -￥1,234,568 | 7.5% | 2026/11/05
    zh-CN CNY | ¥1,234,567.80 | -¥1,234,567.80 | 7.5% | 2026年11月5日
    zh-TW TWD | $1,234,567.80 | -$1,234,567.80 | 7.5% | 2026年11月5日
    zh-HK HKD | HK$1,234,567.80 | -HK$1,234,567.80 | 7.5% | 2026年11月5日
    zh-SG SGD | $1,234,567.80 | -$1,234,567.80 | 7.5% | 2026年11月5日
    ko-KR KRW | ₩1,234,568 | -₩1,234,568 | 7.5% | 2026/11/5
    th-TH THB | ฿1,234,567.80 | -฿1,234,567.80 | 7.5% | 5 พ.ย. 2026
    vi-VN VND | 1.234.568~₫ | -1.234.568~₫ | 7,5% | 5 thg 11, 2026
    id-ID IDR | Rp~1.234.567,80 | -Rp~1.234.567,80 | 7,5% | 5 Nov 2026
    ar-AE AED | <rlm>1,234,567.80~د.إ.<rlm> | <rlm><lrm>-1,234,567.80~د.إ.<rlm> | 7.5<lrm>%<lrm> | 05<rlm>/11<rlm>/2026
    ar-SA SAR | <rlm>1,234,567.80~ر.س.<rlm> | <rlm><lrm>-1,234,567.80~ر.س.<rlm> | 7.5<lrm>%<lrm> | 05<rlm>/11<rlm>/2026
    ar-EG EGP | <rlm>1,234,567.80~ج.م.<rlm> | <rlm><lrm>-1,234,567.80~ج.م.<rlm> | 7.5<lrm>%<lrm> | 05<rlm>/11<rlm>/2026
    he-IL ILS | <rlm>1,234,567.80~<rlm>₪ | <rlm><lrm>-1,234,567.80~<rlm>₪ | 7.5% | 5 בנוב׳ 2026
    ms-MY MYR | RM~1,234,567.80 | -RM~1,234,567.80 | 7.5% | 5 Nov 2026
    fil-PH PHP | ₱1,234,567.80 | -₱1,234,567.80 | 7.5% | Nob 5, 2026
    tl-PH PHP | ₱1,234,567.80 | -₱1,234,567.80 | 7.5% | Nob 5, 2026
    hi-IN INR | ₹12,34,567.80 | -₹12,34,567.80 | 7.5% | 5 नव॰ 2026
    ");
}

#[test]
fn a_unit_price_keeps_its_digits() {
    let formats = formats("en-US", "USD");
    assert_eq!(formats.price(Decimal::new(15, 1)), "1.50");
    assert_eq!(formats.price(Decimal::new(12345, 4)), "1.2345");
}

#[test]
fn zero_has_no_sign() {
    assert_eq!(formats("en-US", "USD").money(Decimal::new(-0, 2)), "$0.00");
}

#[test]
fn a_locale_without_data_is_readable() {
    let formats = formats("tlh", "EUR");
    assert_eq!(visible(&formats.money(Decimal::new(-150, 2))), "-EUR~1.50");
    assert_eq!(formats.percent(Decimal::from(19)), "19%");
}

#[test]
fn each_script_has_its_direction() {
    for (locale, expected) in [
        ("ar-AE", "rtl"),
        ("he", "rtl"),
        ("fa-IR", "rtl"),
        ("de-DE", "ltr"),
        ("ja", "ltr"),
    ] {
        assert_eq!(
            direction(&locale.parse().expect("a locale")),
            expected,
            "{locale}"
        );
    }
}
