//! Colours of brands, and their contrast.

/// Least contrast of text to its background (WCAG 2.2, criterion 1.4.3), which PDF/UA requires, too.
pub(super) const MIN_CONTRAST: f64 = 4.5;

/// The accent of `lib/theme.typ`, for brands that have none.
pub(super) const SHIPPED_ACCENT: &str = "#14323f";

pub(super) const WHITE: [u8; 3] = [255; 3];

/// The share of a colour in its pale form, in per cent.
const PALE_PERCENT: u16 = 8;

/// Reads `#rrggbb`.
pub(super) fn rgb(colour: &str) -> Option<[u8; 3]> {
    let digits = colour.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([r, g, b])
}

/// The contrast of two colours as WCAG 2.2 defines it, from 1 to 21.
pub(super) fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// A pale form of a colour, on which the colour itself can be read: white, where no darker one will do.
pub(super) fn pale(colour: [u8; 3]) -> String {
    let mixed = |percent: u16| {
        colour.map(|channel| {
            let mixed = (u16::from(channel) * percent + 255 * (100 - percent)) / 100;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        })
    };
    let mut percents = (0..=PALE_PERCENT).rev();
    let readable = percents.find(|percent| contrast(colour, mixed(*percent)) >= MIN_CONTRAST);
    let [r, g, b] = mixed(readable.unwrap_or(0));
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        for (colour, expected) in [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54)] {
            let contrast = contrast(rgb(colour).expect("a colour"), WHITE);
            assert!((contrast - expected).abs() < 0.01, "{colour}: {contrast}");
        }
    }

    #[test]
    fn a_colour_can_be_read_on_its_pale_form() {
        for (colour, expected) in [
            ("#0b5d4e", "#ebf2f0"),
            // The contrast to white is 4.54 : 1, so there is no room for a tint.
            ("#767676", "#ffffff"),
            ("#8a1c4a", "#f5ecf0"),
        ] {
            let rgb_of = |text| rgb(text).expect("a colour");
            let pale = pale(rgb_of(colour));
            assert_eq!(pale, expected, "{colour}");
            assert!(
                contrast(rgb_of(colour), rgb_of(&pale)) >= MIN_CONTRAST,
                "{colour}"
            );
        }
    }

    #[test]
    fn the_accent_of_brands_without_one_is_that_of_the_theme() {
        let theme = include_str!("../../../../templates/lib/theme.typ");
        let line = format!("#let accent = rgb(\"{SHIPPED_ACCENT}\")");
        assert!(theme.contains(&line), "{line}");
    }
}
