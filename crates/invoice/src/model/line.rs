//! Lines, and what is taken off or added.

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
    /// How many units the price is for (BT-149).
    pub price_base_quantity: Decimal,
    /// Discounts on the line (BG-27).
    pub allowances: Vec<Adjustment>,
    /// Charges on the line (BG-28).
    pub charges: Vec<Adjustment>,
    /// Tax of this line (BG-30).
    pub tax: Tax,
    /// Why there is no tax, where the request says so.
    pub exemption: Option<Exemption>,
    /// Net amount (BT-131), rounded to the minor unit.
    pub net: Decimal,
    /// The time that the line is about (BG-26).
    pub period: Option<Period>,
}

/// A discount (allowance) or a charge, on a line or on the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// What it is.
    pub kind: AdjustmentKind,
    /// How much, rounded to the minor unit; negative only where lines are taken back.
    pub amount: Decimal,
    /// The percentage that it follows from (BT-94, BT-101, BT-138, BT-143).
    pub percent: Option<Decimal>,
    /// What the percentage is of (BT-93, BT-100, BT-137, BT-142); given exactly where `percent` is.
    pub base: Option<Decimal>,
    /// Why, in the seller's words (BT-97, BT-104, BT-139, BT-144).
    pub reason: Option<String>,
    /// Why, as a code of UNTDID 5189 for discounts or 7161 for charges (BT-98, BT-105, BT-140, BT-145).
    pub reason_code: Option<String>,
    /// Tax of what is taken away or added: for a line's, that of the line.
    pub tax: Tax,
    /// Why there is no tax, where the request says so here.
    pub exemption: Option<Exemption>,
}

/// What a discount or charge is: names it on the page when the request gives no reason in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustmentKind {
    /// A discount that the seller bears.
    Discount,
    /// A discount that the marketplace bears.
    PlatformDiscount,
    /// The cost of sending the goods.
    Shipping,
    /// Whatever else is added.
    OtherCharge,
}

impl AdjustmentKind {
    /// The name that templates see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::PlatformDiscount => "platform-discount",
            Self::Shipping => "shipping",
            Self::OtherCharge => "other-charge",
        }
    }
}

/// A time from one day to another, both included; one of them at least is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
}
