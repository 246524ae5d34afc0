//! Numbers, money and dates in the reader's format: CLDR's patterns, by ICU.
//!
//! Two formats are the same in every locale, because tax documents have readers elsewhere, too. Dates are Gregorian, also where
//! another calendar is usual (`th-TH`, `fa-IR`). Digits are European, also where others are usual (`ar-EG`, `mr-IN`), so that
//! amounts can be copied, searched for and compared with those of a bank.

pub(crate) mod address;
mod countries;
mod inheritance;
mod money;

use icu_calendar::{Date as IcuDate, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal as IcuDecimal;
use icu_locale::{LanguageIdentifier, Locale, LocaleDirectionality};
use iso_currency::Currency;
use rust_decimal::Decimal;
use time::Date;

pub(crate) use self::inheritance::parents;
use self::money::Patterns;

/// The direction of the reader's script: `ltr` or `rtl`.
pub(crate) fn direction(locale: &LanguageIdentifier) -> &'static str {
    if LocaleDirectionality::new_common().is_right_to_left(locale) {
        "rtl"
    } else {
        "ltr"
    }
}

/// Formats for one locale and one currency.
pub(crate) struct Formats {
    numbers: Option<DecimalFormatter>,
    dates: Option<FixedCalendarDateTimeFormatter<Gregorian, YMD>>,
    currency: Currency,
    patterns: Patterns,
    /// The reader's locale and its parents, nearest first.
    locales: Vec<String>,
    minus: String,
}

impl Formats {
    /// Formats for this locale. A locale without data falls back to its parents, as in CLDR.
    pub(crate) fn for_locale(locale: &LanguageIdentifier, currency: Currency) -> Self {
        let locale = &inheritance::canonical(locale);
        let with_digits = Locale::try_from_str(&format!("{locale}-u-nu-latn"));
        let with_digits = with_digits.unwrap_or_else(|_| locale.clone().into());
        let numbers = DecimalFormatter::try_new((&with_digits).into(), Default::default()).ok();
        let dates = FixedCalendarDateTimeFormatter::try_new((&with_digits).into(), YMD::medium());
        let minus = numbers.as_ref().map_or_else(|| "-".to_owned(), minus);
        let locales = inheritance::parents_of_canonical(locale);
        let patterns = Patterns::new(&locales, currency.code(), &minus);
        Self {
            numbers,
            dates: dates.ok(),
            currency,
            patterns,
            locales,
            minus,
        }
    }

    /// `1.234,5` in German.
    pub(crate) fn number(&self, value: Decimal) -> String {
        let plain = value.to_string();
        match (&self.numbers, IcuDecimal::try_from_str(&plain)) {
            (Some(formatter), Ok(decimal)) => formatter.format(&decimal).to_string(),
            (_, _) => plain,
        }
    }

    /// A unit price, with at least the currency's minor digits, and with more if the price has more.
    pub(crate) fn price(&self, value: Decimal) -> String {
        self.number(self.with_minor_digits(value))
    }

    /// `278,20 €` in German, `$49.50` in American English.
    pub(crate) fn money(&self, value: Decimal) -> String {
        let negative = value.is_sign_negative() && !value.is_zero();
        self.patterns.money(&self.number(value.abs()), negative)
    }

    /// An amount that may have fewer digits than the currency, or more.
    pub(crate) fn amount(&self, value: Decimal) -> String {
        self.money(self.with_minor_digits(value))
    }

    /// The value with at least the currency's minor digits.
    fn with_minor_digits(&self, value: Decimal) -> Decimal {
        let mut value = value.normalize();
        let minor_digits = self.currency.exponent().map_or(0, u32::from);
        if value.scale() < minor_digits {
            value.rescale(minor_digits);
        }
        value
    }

    /// An amount in another currency than the document's.
    pub(crate) fn in_currency(&self, currency: Currency, value: Decimal) -> String {
        let negative = value.is_sign_negative() && !value.is_zero();
        let patterns = Patterns::new(&self.locales, currency.code(), &self.minus);
        patterns.money(&self.number(value.abs()), negative)
    }

    /// The reader's locale and its parents, nearest first.
    pub(crate) fn locales(&self) -> &[String] {
        &self.locales
    }

    /// The name of a country in the reader's language.
    pub(crate) fn country<'a>(&self, code: &'a str) -> &'a str {
        countries::name(code, &self.locales)
    }

    /// `7 %` in German, `7%` in English.
    pub(crate) fn percent(&self, rate: Decimal) -> String {
        self.patterns.percent(&self.number(rate))
    }

    /// `21.11.2026` in German, `Nov 21, 2026` in American English.
    pub(crate) fn date(&self, date: Date) -> String {
        let gregorian = IcuDate::try_new_gregorian(date.year(), date.month().into(), date.day());
        match (&self.dates, gregorian) {
            (Some(formatter), Ok(gregorian)) => formatter.format(&gregorian).to_string(),
            (_, _) => date.to_string(),
        }
    }
}

/// The locale's minus sign, with the marks that keep its place in a right-to-left line.
fn minus(numbers: &DecimalFormatter) -> String {
    let minus_one = numbers.format(&IcuDecimal::from(-1)).to_string();
    minus_one
        .split_once('1')
        .map_or_else(|| "-".to_owned(), |(minus, _)| minus.to_owned())
}

#[cfg(test)]
mod tests;
