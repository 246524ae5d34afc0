//! The lines of a file: the header with its 31 fields, the headings and the rows with their 125.

use time::{Date, OffsetDateTime};

use super::super::csv;
use super::booking::{Booking, Month};
use super::settings::Datev;

/// Fields of a row.
const FIELDS: usize = 125;

/// The first headings.
const FIRST: [&str; 20] = [
    "Umsatz (ohne Soll/Haben-Kz)",
    "Soll/Haben-Kennzeichen",
    "WKZ Umsatz",
    "Kurs",
    "Basis-Umsatz",
    "WKZ Basis-Umsatz",
    "Konto",
    "Gegenkonto (ohne BU-Schlüssel)",
    "BU-Schlüssel",
    "Belegdatum",
    "Belegfeld 1",
    "Belegfeld 2",
    "Skonto",
    "Buchungstext",
    "Postensperre",
    "Diverse Adressnummer",
    "Geschäftspartnerbank",
    "Sachverhalt",
    "Zinssperre",
    "Beleglink",
];

/// Pairs of headings after them.
const RECEIPTS: usize = 8;

/// The headings behind those.
const MIDDLE: [&str; 11] = [
    "KOST1 - Kostenstelle",
    "KOST2 - Kostenstelle",
    "Kost-Menge",
    "EU-Land u. UStID (Bestimmung)",
    "EU-Steuersatz (Bestimmung)",
    "Abw. Versteuerungsart",
    "Sachverhalt L+L",
    "Funktionsergänzung L+L",
    "BU 49 Hauptfunktionstyp",
    "BU 49 Hauptfunktionsnummer",
    "BU 49 Funktionsergänzung",
];

/// Further pairs.
const FURTHER: usize = 20;

/// The last headings.
const LAST: [&str; 38] = [
    "Stück",
    "Gewicht",
    "Zahlweise",
    "Forderungsart",
    "Veranlagungsjahr",
    "Zugeordnete Fälligkeit",
    "Skontotyp",
    "Auftragsnummer",
    "Buchungstyp",
    "USt-Schlüssel (Anzahlungen)",
    "EU-Land (Anzahlungen)",
    "Sachverhalt L+L (Anzahlungen)",
    "EU-Steuersatz (Anzahlungen)",
    "Erlöskonto (Anzahlungen)",
    "Herkunft-Kz",
    "Buchungs GUID",
    "KOST-Datum",
    "SEPA-Mandatsreferenz",
    "Skontosperre",
    "Gesellschaftername",
    "Beteiligtennummer",
    "Identifikationsnummer",
    "Zeichnernummer",
    "Postensperre bis",
    "Bezeichnung SoBil-Sachverhalt",
    "Kennzeichen SoBil-Buchung",
    "Festschreibung",
    "Leistungsdatum",
    "Datum Zuord. Steuerperiode",
    "Fälligkeit",
    "Generalumkehr (GU)",
    "Steuersatz",
    "Land",
    "Abrechnungsreferent",
    "BVV-Position",
    "EU-Land u. UStID (Ursprung)",
    "EU-Steuersatz (Ursprung)",
    "Abw. Skontokonto",
];

/// The first line of a file.
pub(super) fn header(datev: &Datev, month: Month, created: OffsetDateTime) -> String {
    let begin = datev.fiscal_year().start;
    let (first, last) = days(month);
    let created = created
        .checked_to_offset(time::UtcOffset::UTC)
        .unwrap_or(created);
    let moment = format!(
        "{}{:02}{:02}{:02}{:03}",
        ymd(created.date()),
        created.hour(),
        created.minute(),
        created.second(),
        created.millisecond()
    );
    let Month { year, month } = month;
    let fields = [
        "\"EXTF\"".to_owned(),
        "700".to_owned(),
        "21".to_owned(),
        "\"Buchungsstapel\"".to_owned(),
        "13".to_owned(),
        moment,
        // Imported: by DATEV.
        String::new(),
        "\"RE\"".to_owned(),
        // Letters and digits only.
        "\"invoiceworker\"".to_owned(),
        "\"\"".to_owned(),
        datev.consultant().to_string(),
        datev.client().to_string(),
        ymd(begin),
        datev.account_length().to_string(),
        ymd(first),
        ymd(last),
        format!("\"Rechnungen {year:04}-{month:02}\""),
        "\"\"".to_owned(),
        // Financial accounting; for any purpose; not committed, so that the accountant can look at it first.
        "1".to_owned(),
        "0".to_owned(),
        "0".to_owned(),
        "\"EUR\"".to_owned(),
    ];
    // Reserved, and what only DATEV's own programs fill.
    format!("{};;\"\";;;\"\";;;\"\";\"\"", fields.join(";"))
}

/// The second line.
pub(super) fn headings() -> String {
    let mut headings: Vec<String> = FIRST.map(str::to_owned).into();
    for number in 1..=RECEIPTS {
        headings.push(format!("Beleginfo - Art {number}"));
        headings.push(format!("Beleginfo - Inhalt {number}"));
    }
    headings.extend(MIDDLE.map(str::to_owned));
    for number in 1..=FURTHER {
        headings.push(format!("Zusatzinformation - Art {number}"));
        headings.push(format!("Zusatzinformation- Inhalt {number}"));
    }
    headings.extend(LAST.map(str::to_owned));
    headings.join(";")
}

/// The line of a booking.
pub(super) fn row(booking: &Booking<'_>) -> String {
    /// Characters of a booking's text.
    const TEXT: usize = 60;
    let mut fields = [const { String::new() }; FIELDS];
    let mut put = |number: usize, value: String| fields[number - 1] = value;
    put(1, csv::amount(booking.amount.into(), 2, ','));
    let side = if booking.is_credit { "H" } else { "S" };
    put(2, text(side, 1));
    put(3, text("EUR", 3));
    put(7, booking.debtor.to_owned());
    put(8, booking.revenue.to_owned());
    let (day, month) = (booking.date.day(), u8::from(booking.date.month()));
    put(10, format!("{day:02}{month:02}"));
    put(11, text(booking.number, 36));
    // German programs open the file as a table when it is double-clicked.
    put(14, text(&csv::text(booking.text), TEXT));
    if let Some(vat_id) = booking.vat_id {
        put(40, text(vat_id, 15));
    }
    fields.join(";")
}

/// A text field: in quotes, which are doubled in it, without control characters, and no longer than it may be.
fn text(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let cut: String = text.chars().map(plain).take(most).collect();
    format!("\"{}\"", cut.replace('"', "\"\""))
}

fn ymd(date: Date) -> String {
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}{month:02}{day:02}")
}

/// The first and the last day of a month.
fn days(Month { year, month }: Month) -> (Date, Date) {
    let month = time::Month::try_from(month).unwrap_or(time::Month::January);
    let day = |day| Date::from_calendar_date(year, month, day).unwrap_or(Date::MIN);
    (day(1), day(month.length(year)))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn there_is_a_heading_for_each_field() {
        let headings = headings();
        let headings: Vec<&str> = headings.split(';').collect();
        assert_eq!(headings.len(), FIELDS);
        for (number, heading) in [
            (10, "Belegdatum"),
            (21, "Beleginfo - Art 1"),
            (37, "KOST1 - Kostenstelle"),
            (40, "EU-Land u. UStID (Bestimmung)"),
            (48, "Zusatzinformation - Art 1"),
            (88, "Stück"),
            (114, "Festschreibung"),
            (115, "Leistungsdatum"),
            (125, "Abw. Skontokonto"),
        ] {
            assert_eq!(headings[number - 1], heading);
        }
    }

    #[test]
    fn texts_are_quoted_and_short() {
        assert_eq!(text("A \"B\"\r\nC", 60), "\"A \"\"B\"\"  C\"");
        assert_eq!(text("äöü", 2), "\"äö\"");
        let february = Month {
            year: 2028,
            month: 2,
        };
        assert_eq!(
            days(february),
            (date!(2028 - 02 - 01), date!(2028 - 02 - 29))
        );
    }
}
