//! Postal addresses as their country writes them (UPU S42).

use invoice::model::Address;

/// The lines of an address, without the name. The last is the name of the country, if it is given.
pub(crate) fn lines(address: &Address, country: Option<&str>) -> Vec<String> {
    let mut lines = if is_east_asian(address) {
        largest_first(address)
    } else {
        smallest_first(address)
    };
    lines.extend(country.map(ToOwned::to_owned));
    lines
}

/// The usual order: street, city, region.
fn smallest_first(address: &Address) -> Vec<String> {
    let Address {
        street,
        number,
        additional,
        city,
        postal_code,
        region,
        country,
    } = address;
    let street = match number_first(country) {
        true => join([number, street], " "),
        false => join([street, number], " "),
    };
    let place = match country.as_str() {
        // Portland, OR 97201
        "US" => [join([city, &join([region, postal_code], " ")], ", "), None],
        // Toronto ON M5V 1J1
        "CA" | "AU" => [join([&join([city, region], " "), postal_code], " "), None],
        // The postal code is on a line of its own, the last one.
        "GB" => [city.clone(), postal_code.clone()],
        "IE" => [join([city, region], ", "), postal_code.clone()],
        "BR" => [join([city, region], " - "), postal_code.clone()],
        // 00184 Roma RM
        "IT" => [join([&join([postal_code, city], " "), region], " "), None],
        // Bangkok, Pathum Wan 10330
        "AE" | "CN" | "EG" | "HK" | "ID" | "IL" | "IN" | "JP" | "KR" | "MO" | "SA" | "SG"
        | "TH" | "TW" | "VN" => [join([&join([city, region], ", "), postal_code], " "), None],
        // Addresses of these countries do not have the region.
        "AT" | "BE" | "CH" | "CZ" | "DE" | "DK" | "EE" | "FI" | "FR" | "HU" | "LI" | "LT"
        | "LU" | "LV" | "NL" | "NO" | "PL" | "SE" | "SI" | "SK" => {
            [join([postal_code, city], " "), None]
        }
        _ => [join([postal_code, city], " "), region.clone()],
    };
    [street, additional.clone()]
        .into_iter()
        .chain(place)
        .flatten()
        .collect()
}

/// The order in Chinese, Japanese and Korean: postal code, region, city, street.
fn largest_first(address: &Address) -> Vec<String> {
    let parts = [
        &address.region,
        &address.city,
        &address.street,
        &address.number,
        &address.additional,
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    let (postal_code, separator) = match address.country.as_str() {
        "JP" => (
            address.postal_code.as_ref().map(|code| format!("〒{code}")),
            "",
        ),
        "KR" => (address.postal_code.clone(), " "),
        _ => (address.postal_code.clone(), ""),
    };
    let place = Some(parts.join(separator)).filter(|place| !place.is_empty());
    [postal_code, place].into_iter().flatten().collect()
}

/// Whether it is an East Asian address in its own script. In Latin letters it has the usual order.
fn is_east_asian(address: &Address) -> bool {
    let own_script = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}');
    matches!(
        address.country.as_str(),
        "CN" | "HK" | "JP" | "KR" | "MO" | "TW"
    ) && [&address.city, &address.street]
        .into_iter()
        .flatten()
        .any(|part| part.contains(own_script))
}

/// Whether the house number is before the street.
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

    fn address(country: &str, region: Option<&str>) -> Address {
        Address {
            street: Some("Main Street".into()),
            number: Some("12".into()),
            additional: None,
            city: Some("Portland".into()),
            postal_code: Some("97201".into()),
            region: region.map(Into::into),
            country: country.into(),
        }
    }

    fn check(country: &str, region: Option<&str>, expected: &[&str]) {
        assert_eq!(
            lines(&address(country, region), None),
            expected,
            "{country}"
        );
    }

    #[test]
    fn each_country_has_its_own_order() {
        check("US", Some("OR"), &["12 Main Street", "Portland, OR 97201"]);
        check("CA", Some("ON"), &["12 Main Street", "Portland ON 97201"]);
        check("DE", Some("Hessen"), &["Main Street 12", "97201 Portland"]);
        check("FR", None, &["12 Main Street", "97201 Portland"]);
        check("GB", None, &["12 Main Street", "Portland", "97201"]);
        check("IT", Some("RM"), &["Main Street 12", "97201 Portland RM"]);
        check(
            "BR",
            Some("SP"),
            &["Main Street 12", "Portland - SP", "97201"],
        );
        check(
            "TH",
            Some("Krabi"),
            &["12 Main Street", "Portland, Krabi 97201"],
        );
        check(
            "MX",
            Some("Puebla"),
            &["Main Street 12", "97201 Portland", "Puebla"],
        );
    }

    #[test]
    fn the_largest_comes_first_in_chinese_japanese_and_korean() {
        let address = |country: &str, parts: [&str; 5]| {
            let [postal_code, region, city, street, number] =
                parts.map(|part| Some(part.to_owned()));
            let country = country.to_owned();
            let address = Address {
                street,
                number,
                additional: None,
                city,
                postal_code,
                region,
                country,
            };
            lines(&address, Some("Japan"))
        };
        assert_eq!(
            address("JP", ["150-0002", "東京都", "渋谷区", "渋谷", "2-21-1"]),
            ["〒150-0002", "東京都渋谷区渋谷2-21-1", "Japan"]
        );
        assert_eq!(
            address("KR", ["06236", "서울특별시", "강남구", "테헤란로", "152"]),
            ["06236", "서울특별시 강남구 테헤란로 152", "Japan"]
        );
        assert_eq!(
            address("JP", ["150-0002", "Tokyo", "Shibuya", "Shibuya", "2-21-1"]),
            ["Shibuya 2-21-1", "Shibuya, Tokyo 150-0002", "Japan"]
        );
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
        assert!(lines(&address, None).is_empty());
        assert_eq!(lines(&address, Some("États-Unis")), ["États-Unis"]);
    }
}
