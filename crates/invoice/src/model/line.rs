//! Lines, allowances and charges.

use rust_decimal::Decimal;
use time::Date;

use super::tax::{Exemption, Tax};

/// One line of the invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Line identifier (BT-126).
    pub id: String,
    /// Seller's item identifier (BT-155).
    pub sku: Option<String>,
    /// Global trade item number (BT-157).
    pub gtin: Option<String>,
    /// Item name (BT-153).
    pub name: String,
    /// Item description (BT-154).
    pub description: Option<String>,
    /// Invoiced quantity (BT-129).
    pub quantity: Decimal,
    /// Unit of measure, UN/ECE Recommendation 20 (BT-130).
    pub unit: String,
    /// Net price of `price_base_quantity` units (BT-146).
    pub unit_price: Decimal,
    /// Price base quantity (BT-149): how many units the price is for.
    pub price_base_quantity: Decimal,
    /// Allowances on the line (BG-27).
    pub allowances: Vec<Adjustment>,
    /// Charges on the line (BG-28).
    pub charges: Vec<Adjustment>,
    /// Tax of this line (BG-30).
    pub tax: Tax,
    /// Exemption reason, where the request gives it for this line.
    pub exemption: Option<Exemption>,
    /// Net amount (BT-131), rounded to the minor unit.
    pub net: Decimal,
    /// Invoicing period of the line (BG-26).
    pub period: Option<Period>,
}

/// An allowance (discount) or a charge, on a line or on the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Kind of the allowance or charge.
    pub kind: AdjustmentKind,
    /// Amount (BT-92, BT-99, BT-136, BT-141), rounded to the minor unit. Negative only on a corrected invoice.
    pub amount: Decimal,
    /// Percentage from which the amount is derived (BT-94, BT-101, BT-138, BT-143).
    pub percent: Option<Decimal>,
    /// Base amount of the percentage (BT-93, BT-100, BT-137, BT-142); given exactly where `percent` is.
    pub base: Option<Decimal>,
    /// Reason, as text (BT-97, BT-104, BT-139, BT-144).
    pub reason: Option<String>,
    /// Reason, as a code of UNTDID 5189 for allowances or 7161 for charges (BT-98, BT-105, BT-140, BT-145).
    pub reason_code: Option<String>,
    /// Tax of the amount. On a line, it is the tax of the line.
    pub tax: Tax,
    /// Exemption reason, where the request gives it for this allowance or charge.
    pub exemption: Option<Exemption>,
}

/// Kind of an allowance or charge. A page names the kind where the request gives no reason as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustmentKind {
    /// A discount that the seller bears.
    Discount,
    /// A discount that the platform bears.
    PlatformDiscount,
    /// The cost of sending the goods.
    Shipping,
    /// Any other charge.
    OtherCharge,
}

impl AdjustmentKind {
    /// The name of the kind in the data of templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::PlatformDiscount => "platform-discount",
            Self::Shipping => "shipping",
            Self::OtherCharge => "other-charge",
        }
    }
}

/// A period from one day to another, both included. At least one of them is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
}
