//! Postal addresses as their country writes them (UPU S42, and the formats of Google's libaddressinput).

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
        street: _,
        number: _,
        additional,
        additional2,
        city,
        postal_code,
        region,
        country,
    } = address;
    let street = address.street_line();
    let place = match country.as_str() {
        // Portland, OR 97201
        "US" => [join([city, &join([region, postal_code], " ")], ", "), None],
        // San Juan PR 00901: these are states to the postal service of the United States, which prints no comma.
        "AS" | "FM" | "GU" | "MH" | "MP" | "PR" | "PW" | "UM" | "VI" => {
            let region = region.clone().or_else(|| Some(country.clone()));
            [join([city, &join([&region, postal_code], " ")], " "), None]
        }
        // Toronto ON M5V 1J1
        "CA" | "AU" | "CC" | "CX" | "NF" => {
            [join([&join([city, region], " "), postal_code], " "), None]
        }
        // Auckland 1010
        "BH" | "BM" | "BN" | "BT" | "IN" | "JO" | "KH" | "LB" | "LS" | "MT" | "MV" | "NG"
        | "NP" | "NZ" | "PE" | "VC" => [join([city, postal_code], " "), region.clone()],
        "BD" => [join([city, postal_code], " - "), region.clone()],
        "PK" => [join([city, postal_code], "-"), region.clone()],
        // Rīga, LV-1050
        "LV" | "MM" => [join([city, postal_code], ", "), region.clone()],
        // The postal code is on a line of its own, the last one.
        "GB" | "GG" | "GI" | "IM" | "JE" => [city.clone(), postal_code.clone()],
        "AF" | "AI" | "FK" | "HN" | "IE" | "IQ" | "KE" | "LK" | "NA" | "SD" | "SH" | "SZ"
        | "TC" | "VG" | "ZA" => [join([city, region], ", "), postal_code.clone()],
        "CR" => [join([region, city], ", "), postal_code.clone()],
        "BR" => [join([city, region], " - "), postal_code.clone()],
        // 00184 Roma RM
        "IT" => [join([&join([postal_code, city], " "), region], " "), None],
        // 06600 Ciudad de México, CDMX
        "MX" => [join([&join([postal_code, city], " "), region], ", "), None],
        // Bogotá, D.C., 111321
        "CO" => [join([&join([city, region], ", "), postal_code], ", "), None],
        // Caracas 1010, Distrito Capital
        "VE" => [join([&join([city, postal_code], " "), region], ", "), None],
        // Bangkok, Pathum Wan 10330
        "AE" | "BB" | "CN" | "EG" | "HK" | "ID" | "IL" | "JM" | "JP" | "KR" | "KY" | "MN"
        | "MO" | "RU" | "SA" | "SG" | "TH" | "TW" | "UA" | "VN" => {
            [join([&join([city, region], ", "), postal_code], " "), None]
        }
        // Addresses of these countries do not have the region.
        "AT" | "BE" | "CH" | "CZ" | "DE" | "DK" | "EE" | "FI" | "FR" | "HU" | "LI" | "LT"
        | "LU" | "NL" | "NO" | "PL" | "SE" | "SI" | "SK" => [join([postal_code, city], " "), None],
        _ => [join([postal_code, city], " "), region.clone()],
    };
    [street, additional.clone(), additional2.clone()]
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
        &address.additional2,
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
            additional2: None,
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
            &["Main Street 12", "97201 Portland, Puebla"],
        );
        check("NZ", None, &["12 Main Street", "Portland 97201"]);
        check("AU", Some("NSW"), &["12 Main Street", "Portland NSW 97201"]);
        check(
            "MY",
            Some("Johor"),
            &["12 Main Street", "97201 Portland", "Johor"],
        );
        check(
            "PH",
            Some("Cebu"),
            &["12 Main Street", "97201 Portland", "Cebu"],
        );
        check(
            "IN",
            Some("Goa"),
            &["12 Main Street", "Portland 97201", "Goa"],
        );
        check("PK", None, &["12 Main Street", "Portland-97201"]);
        check("ZA", None, &["12 Main Street", "Portland", "97201"]);
        check("LV", None, &["Main Street 12", "Portland, 97201"]);
        check(
            "CO",
            Some("Meta"),
            &["Main Street 12", "Portland, Meta, 97201"],
        );
        check(
            "VE",
            Some("Lara"),
            &["Main Street 12", "Portland 97201, Lara"],
        );
        check(
            "CR",
            Some("Limón"),
            &["Main Street 12", "Limón, Portland", "97201"],
        );
        check(
            "ES",
            Some("Lugo"),
            &["Main Street 12", "97201 Portland", "Lugo"],
        );
        check("RE", None, &["12 Main Street", "97201 Portland"]);
        check("JE", None, &["12 Main Street", "Portland", "97201"]);
    }

    #[test]
    fn territories_of_the_united_states_are_states_to_their_postal_service() {
        for region in [Some("PR"), None] {
            check("PR", region, &["12 Main Street", "Portland PR 97201"]);
        }
        check("GU", None, &["12 Main Street", "Portland GU 97201"]);
        check("US", Some("PR"), &["12 Main Street", "Portland, PR 97201"]);
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
                additional2: None,
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
            additional2: None,
            city: None,
            postal_code: None,
            region: None,
            country: "US".into(),
        };
        assert!(lines(&address, None).is_empty());
        assert_eq!(lines(&address, Some("États-Unis")), ["États-Unis"]);
    }
}
