//! Postal addresses as their country writes them (UPU S42).

use crate::invoice::model::Address;

/// The lines of an address, without the name; with the country where the letter crosses a border.
pub fn lines(address: &Address, with_country: bool) -> Vec<String> {
    let street = match number_first(&address.country) {
        true => join([&address.number, &address.street], " "),
        false => join([&address.street, &address.number], " "),
    };
    let city = match address.country.as_str() {
        // Portland, OR 97201
        "US" | "CA" | "AU" => {
            let region = join([&address.region, &address.postal_code], " ");
            join([&address.city, &region], ", ")
        }
        // The postal code stands on a line of its own, last.
        "GB" | "IE" => join([&address.city, &None], ""),
        _ => join([&address.postal_code, &address.city], " "),
    };
    let last = match address.country.as_str() {
        "GB" | "IE" => address.postal_code.clone(),
        _ => None,
    };
    let country = with_country.then(|| address.country.clone());
    [street, address.additional.clone(), city, last, country]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether the house number stands before the street.
fn number_first(country: &str) -> bool {
    matches!(
        country,
        "US" | "CA"
            | "AU"
            | "NZ"
            | "GB"
            | "IE"
            | "FR"
            | "LU"
            | "IN"
            | "SG"
            | "MY"
            | "ZA"
            | "PH"
            | "TH"
            | "VN"
    )
}

fn join(parts: [&Option<String>; 2], separator: &str) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(country: &str, region: Option<&str>, expected: &[&str]) {
        let address = Address {
            street: Some("Main Street".into()),
            number: Some("12".into()),
            additional: None,
            city: Some("Portland".into()),
            postal_code: Some("97201".into()),
            region: region.map(Into::into),
            country: country.into(),
        };
        assert_eq!(lines(&address, false), expected, "{country}");
    }

    #[test]
    fn each_country_has_its_own_order() {
        check("US", Some("OR"), &["12 Main Street", "Portland, OR 97201"]);
        check("DE", None, &["Main Street 12", "97201 Portland"]);
        check("FR", None, &["12 Main Street", "97201 Portland"]);
        check("GB", None, &["12 Main Street", "Portland", "97201"]);
    }

    #[test]
    fn parts_that_are_absent_leave_no_trace() {
        let address = Address {
            street: None,
            number: None,
            additional: None,
            city: None,
            postal_code: None,
            region: None,
            country: "US".into(),
        };
        assert!(lines(&address, false).is_empty());
        assert_eq!(lines(&address, true), ["US"]);
    }
}
