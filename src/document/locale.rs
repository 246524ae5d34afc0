//! Numbers, money and dates as the reader writes them. Separators, grouping and date patterns are CLDR's, by ICU.

use icu::calendar::{Date as IcuDate, Gregorian};
use icu::datetime::FixedCalendarDateTimeFormatter;
use icu::datetime::fieldsets::YMD;
use icu::decimal::DecimalFormatter;
use icu::decimal::input::Decimal as IcuDecimal;
use icu::locale::LanguageIdentifier;
use iso_currency::Currency;
use rust_decimal::Decimal;
use time::Date;

/// Formats for one locale and one currency.
pub struct Formats {
    numbers: Option<DecimalFormatter>,
    /// Always Gregorian, also where another calendar is usual (`th-TH`, `fa-IR`): tax documents use it.
    dates: Option<FixedCalendarDateTimeFormatter<Gregorian, YMD>>,
    currency: Currency,
    symbol: SymbolPlace,
    percent_space: bool,
}

/// Where the currency's symbol stands.
#[derive(Clone, Copy)]
enum SymbolPlace {
    Before,
    BeforeWithSpace,
    AfterWithSpace,
}

impl Formats {
    /// Formats for this locale; a locale without data of its own falls back to its parents, as CLDR says.
    pub fn for_locale(locale: &LanguageIdentifier, currency: Currency) -> Self {
        // ICU's own currency formatting is still experimental; these are CLDR's patterns for the languages in use.
        let symbol = match locale.language.as_str() {
            "en" | "ja" | "ko" | "th" | "tr" | "zh" => SymbolPlace::Before,
            "nl" => SymbolPlace::BeforeWithSpace,
            "pt" if locale.region.is_none_or(|region| region.as_str() == "BR") => {
                SymbolPlace::BeforeWithSpace
            }
            _ => SymbolPlace::AfterWithSpace,
        };
        let percent_space = matches!(
            locale.language.as_str(),
            "de" | "es" | "fr" | "sv" | "nb" | "da" | "fi" | "cs"
        );
        Self {
            numbers: DecimalFormatter::try_new(locale.into(), Default::default()).ok(),
            dates: FixedCalendarDateTimeFormatter::try_new(locale.into(), YMD::medium()).ok(),
            currency,
            symbol,
            percent_space,
        }
    }

    /// `1.234,5` in German.
    pub fn number(&self, value: Decimal) -> String {
        let plain = value.to_string();
        match (&self.numbers, IcuDecimal::try_from_str(&plain)) {
            (Some(formatter), Ok(decimal)) => formatter.format(&decimal).to_string(),
            (_, _) => plain,
        }
    }

    /// A unit price: at least the currency's minor digits, more where the price has more.
    pub fn price(&self, value: Decimal) -> String {
        let mut value = value.normalize();
        let minor_digits = self.currency.exponent().map_or(0, u32::from);
        if value.scale() < minor_digits {
            value.rescale(minor_digits);
        }
        self.number(value)
    }

    /// `278,20 €` in German, `$49.50` in English.
    pub fn money(&self, value: Decimal) -> String {
        self.in_currency(self.currency, value)
    }

    /// An amount in another currency than the document's.
    pub fn in_currency(&self, currency: Currency, value: Decimal) -> String {
        let number = self.number(value);
        // Only symbols that mean one currency everywhere on a page that also says its code; else the code itself.
        let unambiguous = [
            (Currency::EUR, "€"),
            (Currency::GBP, "£"),
            (Currency::USD, "$"),
        ];
        let symbol = unambiguous.iter().find(|(known, _)| *known == currency);
        let (symbol, is_code) =
            symbol.map_or((currency.code(), true), |(_, symbol)| (*symbol, false));
        match self.symbol {
            SymbolPlace::Before if !is_code => format!("{symbol}{number}"),
            SymbolPlace::Before | SymbolPlace::BeforeWithSpace => format!("{symbol}\u{a0}{number}"),
            SymbolPlace::AfterWithSpace => format!("{number}\u{a0}{symbol}"),
        }
    }

    /// `7 %` in German, `7%` in English.
    pub fn percent(&self, rate: Decimal) -> String {
        let space = if self.percent_space { "\u{a0}" } else { "" };
        format!("{}{space}%", self.number(rate))
    }

    /// `21.11.2026` in German, `Nov 21, 2026` in American English.
    pub fn date(&self, date: Date) -> String {
        let gregorian = IcuDate::try_new_gregorian(date.year(), date.month().into(), date.day());
        match (&self.dates, gregorian) {
            (Some(formatter), Ok(gregorian)) => formatter.format(&gregorian).to_string(),
            (_, _) => date.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn check(locale: &str, currency: Currency, money: &str, percent: &str, day: &str) {
        let formats = Formats::for_locale(&locale.parse().expect("a locale"), currency);
        let plain = |text: String| text.replace(['\u{a0}', '\u{202f}'], " ");
        assert_eq!(
            plain(formats.money(Decimal::new(123_456_780, 2))),
            money,
            "{locale}"
        );
        assert_eq!(
            plain(formats.percent(Decimal::new(75, 1))),
            percent,
            "{locale}"
        );
        assert_eq!(plain(formats.date(date!(2026 - 11 - 05))), day, "{locale}");
    }

    #[test]
    fn each_locale_writes_numbers_its_own_way() {
        check(
            "en-US",
            Currency::USD,
            "$1,234,567.80",
            "7.5%",
            "Nov 5, 2026",
        );
        check(
            "en-GB",
            Currency::GBP,
            "£1,234,567.80",
            "7.5%",
            "5 Nov 2026",
        );
        check(
            "de-DE",
            Currency::EUR,
            "1.234.567,80 €",
            "7,5 %",
            "05.11.2026",
        );
        check(
            "fr-FR",
            Currency::EUR,
            "1 234 567,80 €",
            "7,5 %",
            "5 nov. 2026",
        );
        check(
            "nl-NL",
            Currency::EUR,
            "€ 1.234.567,80",
            "7,5%",
            "5 nov 2026",
        );
        check(
            "de-CH",
            Currency::CHF,
            "1'234'567.80 CHF",
            "7.5 %",
            "05.11.2026",
        );
        check(
            "th-TH",
            Currency::THB,
            "THB 1,234,567.80",
            "7.5%",
            "5 พ.ย. 2026",
        );
    }

    #[test]
    fn a_unit_price_keeps_its_digits() {
        let formats = Formats::for_locale(&"en-US".parse().expect("a locale"), Currency::USD);
        assert_eq!(formats.price(Decimal::new(15, 1)), "1.50");
        assert_eq!(formats.price(Decimal::new(12345, 4)), "1.2345");
    }
}
