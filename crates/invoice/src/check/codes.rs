//! Codes of the lists of EN 16931.

use super::fields::{Checker, Place, present};
use crate::FailureCode;
use crate::code_lists::{CodeList, UNITS};
use crate::problem::shown;

/// A unit that Recommendation 20 has withdrawn and many publishers still have: a piece, which is `H87` today.
const FORMER_UNIT: &str = "PCE";

/// What people and shops call units, in small letters, and their codes.
const USUAL_UNITS: &[(&str, &str)] = &[
    (
        "pc pcs piece pieces ea each unit units item items stk stück st",
        "C62 or H87",
    ),
    ("pair pairs", "PR"),
    ("set sets", "SET"),
    ("dozen", "DZN"),
    ("box boxes", "XBX"),
    ("pack packs package packages", "XPK"),
    ("kg kgs kilo kilogram kilograms", "KGM"),
    ("g gr gram grams", "GRM"),
    ("t ton tons tonne tonnes", "TNE"),
    ("lb lbs pound pounds", "LBR"),
    ("oz ounce ounces", "ONZ"),
    ("l ltr liter liters litre litres", "LTR"),
    ("ml", "MLT"),
    ("m meter meters metre metres", "MTR"),
    ("cm", "CMT"),
    ("mm", "MMT"),
    ("km", "KMT"),
    ("m2 m² sqm", "MTK"),
    ("m3 m³ cbm", "MTQ"),
    ("min minute minutes", "MIN"),
    ("h hr hrs hour hours std", "HUR"),
    ("d day days tag tage", "DAY"),
    ("wk week weeks", "WEE"),
    ("mo month months monat monate", "MON"),
    ("yr year years jahr jahre", "ANN"),
    ("kwh", "KWH"),
];

/// The code of a unit by what it is called.
fn usual_unit(name: &str) -> Option<&'static str> {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    let unit = USUAL_UNITS
        .iter()
        .find(|(names, _)| names.split(' ').any(|known| known == name));
    unit.map(|(_, codes)| *codes)
}

impl Checker {
    /// A unit of measure. The rule of the standard has no former units, so an e-invoice needs `H87` instead of `PCE`.
    pub(super) fn unit(&mut self, place: &Place, code: Option<String>) -> Option<String> {
        if code.as_deref() == Some(FORMER_UNIT) {
            return code;
        }
        let meant = code.as_deref().and_then(usual_unit);
        self.listed_or(place, code, &UNITS, "BR-CL-23", meant)
    }

    /// A code of a list. On a receipt its form is enough: platforms have units and reasons of their own.
    pub(super) fn listed(
        &mut self,
        place: &Place,
        code: Option<String>,
        list: &CodeList,
        rule: &'static str,
    ) -> Option<String> {
        self.listed_or(place, code, list, rule, None)
    }

    /// The same, where it is known already which code a text is meant to be.
    fn listed_or(
        &mut self,
        place: &Place,
        code: Option<String>,
        list: &CodeList,
        rule: &'static str,
        meant: Option<&str>,
    ) -> Option<String> {
        let code = present(code)?;
        if list.has(&code) || (self.is_lenient && list.has_form(&code)) {
            return Some(code);
        }
        let near = match (meant, list.near(&code).as_slice()) {
            (Some(meant), _) => format!(", perhaps {meant}"),
            (None, []) if list.usual.is_empty() => String::new(),
            (None, []) => format!(", like {}", list.usual),
            (None, near) => format!(", perhaps {}", near.join(" or ")),
        };
        let message = format!(
            "is {}, expected a code of {}{near}",
            shown(&code),
            list.name
        );
        self.report(FailureCode::FieldInvalid, place, Some(rule), message);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_of_units_lead_to_codes_of_the_list() {
        for (names, codes) in USUAL_UNITS {
            assert!(codes.split(" or ").all(|code| UNITS.has(code)), "{codes}");
            assert_eq!(names.to_lowercase(), **names);
        }
        for (name, expected) in [
            ("kg", Some("KGM")),
            ("Stk.", Some("C62 or H87")),
            (" Hours ", Some("HUR")),
            ("furlong", None),
            ("", None),
        ] {
            assert_eq!(usual_unit(name), expected, "{name}");
        }
    }
}
