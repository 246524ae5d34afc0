//! The names of the rules that the standard has once for each tax category.

use super::super::fields::Place;
use crate::model::TaxCategory;

/// What has a category and rate. The rules about it are numbered in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Line,
    Allowance,
    Charge,
}

impl Source {
    pub(crate) const ALL: [Self; 3] = [Self::Line, Self::Allowance, Self::Charge];

    /// The list of the request.
    pub(crate) fn list(self) -> &'static str {
        match self {
            Self::Line => "lines",
            Self::Allowance => "allowances",
            Self::Charge => "charges",
        }
    }
}

/// The names of the rules of one category.
pub(crate) struct Names {
    /// Which identifiers of the parties are given: 02 to 04.
    parties: [&'static str; 3],
    /// Which rates there may be: 05 to 07.
    rates: [&'static str; 3],
    /// Whether there is an exemption reason: 10.
    pub(crate) exemption: &'static str,
}

impl Names {
    pub(crate) fn parties(&self, source: Source) -> &'static str {
        self.parties[source as usize]
    }

    pub(crate) fn rate(&self, source: Source) -> &'static str {
        self.rates[source as usize]
    }
}

/// The rule about the rate at this place, which is that of a line, an allowance or a charge. There is none about the breakdown.
pub(crate) fn rate_rule(category: TaxCategory, place: &Place) -> Option<&'static str> {
    let mut sources = Source::ALL.into_iter();
    let source = sources.find(|source| place.is_within(source.list()))?;
    Some(names(category)?.rate(source))
}

/// The rule that requires a tax category at this place, and the one that says which there are.
pub(crate) fn category_rules(place: &Place) -> (&'static str, &'static str) {
    let mut sources = Source::ALL.into_iter();
    match sources.find(|source| place.is_within(source.list())) {
        Some(Source::Line) => ("BR-CO-04", "BR-CL-18"),
        Some(Source::Allowance) => ("BR-32", "BR-CL-17"),
        Some(Source::Charge) => ("BR-37", "BR-CL-17"),
        None => ("BR-47", "BR-CL-17"),
    }
}

macro_rules! names {
    ($prefix:literal) => {
        Names {
            parties: [
                concat!($prefix, "-02"),
                concat!($prefix, "-03"),
                concat!($prefix, "-04"),
            ],
            rates: [
                concat!($prefix, "-05"),
                concat!($prefix, "-06"),
                concat!($prefix, "-07"),
            ],
            exemption: concat!($prefix, "-10"),
        }
    };
}

/// The names of the category's rules; `None` for split payment, which has other rules.
pub(crate) fn names(category: TaxCategory) -> Option<&'static Names> {
    let names = match category {
        TaxCategory::Standard => const { &names!("BR-S") },
        TaxCategory::ZeroRated => const { &names!("BR-Z") },
        TaxCategory::Exempt => const { &names!("BR-E") },
        TaxCategory::ReverseCharge => const { &names!("BR-AE") },
        TaxCategory::IntraCommunity => const { &names!("BR-IC") },
        TaxCategory::Export => const { &names!("BR-G") },
        TaxCategory::OutOfScope => const { &names!("BR-O") },
        TaxCategory::CanaryIslands => const { &names!("BR-IG") },
        TaxCategory::CeutaMelilla => const { &names!("BR-IP") },
        TaxCategory::SplitPayment => return None,
    };
    Some(names)
}
