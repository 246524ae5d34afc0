//! Tax categories and rates.

use rust_decimal::Decimal;

/// A tax category with its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tax {
    /// Category, UNTDID 5305.
    pub category: TaxCategory,
    /// Rate in percent.
    pub rate: Decimal,
}

/// The categories that EN 16931 allows (UNTDID 5305, BR-CL-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxCategory {
    /// `S`: standard rate.
    Standard,
    /// `Z`: zero rated.
    ZeroRated,
    /// `E`: exempt.
    Exempt,
    /// `AE`: reverse charge.
    ReverseCharge,
    /// `K`: intra-community supply.
    IntraCommunity,
    /// `G`: export.
    Export,
    /// `O`: outside the scope of tax.
    OutOfScope,
    /// `L`: Canary Islands.
    CanaryIslands,
    /// `M`: Ceuta and Melilla.
    CeutaMelilla,
    /// `B`: split payment. The buyer, an Italian authority or company, pays the tax to the state instead of the seller.
    SplitPayment,
}

impl TaxCategory {
    /// All categories.
    pub const ALL: [Self; 10] = [
        Self::Standard,
        Self::ZeroRated,
        Self::Exempt,
        Self::ReverseCharge,
        Self::IntraCommunity,
        Self::Export,
        Self::OutOfScope,
        Self::CanaryIslands,
        Self::CeutaMelilla,
        Self::SplitPayment,
    ];

    /// The category with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.code() == code)
    }

    /// The code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::ZeroRated => "Z",
            Self::Exempt => "E",
            Self::ReverseCharge => "AE",
            Self::IntraCommunity => "K",
            Self::Export => "G",
            Self::OutOfScope => "O",
            Self::CanaryIslands => "L",
            Self::CeutaMelilla => "M",
            Self::SplitPayment => "B",
        }
    }

    /// Whether the category may have a rate above zero.
    pub fn may_be_taxed(self) -> bool {
        match self {
            Self::Standard | Self::CanaryIslands | Self::CeutaMelilla | Self::SplitPayment => true,
            Self::ZeroRated
            | Self::Exempt
            | Self::ReverseCharge
            | Self::IntraCommunity
            | Self::Export
            | Self::OutOfScope => false,
        }
    }
}

/// The reason of a tax exemption. At least one of code and text is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Exemption reason, as a code of the VATEX list (BT-121).
    pub code: Option<String>,
    /// Exemption reason, as text (BT-120).
    pub reason: Option<String>,
}

/// A named part of a tax rate: GST and QST, CGST and SGST, state and county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRate {
    /// Name of the tax, as the page shows it.
    pub name: String,
    /// Rate in percent.
    pub rate: Decimal,
}

/// A named part of a tax with its amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxComponent {
    /// Name of the tax, as the page shows it.
    pub name: String,
    /// Rate in percent.
    pub rate: Decimal,
    /// Amount, rounded to the minor unit.
    pub amount: Decimal,
}

/// The tax subtotal of one category and rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxSubtotal {
    /// Category and rate.
    pub tax: Tax,
    /// Taxable amount (BT-116).
    pub taxable: Decimal,
    /// Tax amount (BT-117), rounded to the minor unit.
    pub amount: Decimal,
    /// Exemption reason, where the request gives one.
    pub exemption: Option<Exemption>,
    /// Components of the tax, where the request gives them. Their rates and amounts add up to those of the subtotal.
    pub components: Vec<TaxComponent>,
}
