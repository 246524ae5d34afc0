//! Lines, allowances and charges.

use rust_decimal::Decimal;
use time::Date;

use super::party::Identifier;
use super::tax::{ComponentRate, Exemption, Tax};

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
    /// Whether the request names the unit. Pages show no unit where it does not.
    pub unit_named: bool,
    /// Net price of `price_base_quantity` units (BT-146), never negative. Where prices include tax, it is derived.
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
    /// Components of the tax rate, where the request gives them for this line.
    pub components: Vec<ComponentRate>,
    /// Net amount (BT-131), rounded to the minor unit.
    pub net: Decimal,
    /// Price and amount with tax, exactly where prices include tax.
    pub with_tax: Option<LineWithTax>,
    /// Invoicing period of the line (BG-26).
    pub period: Option<Period>,
    /// What few lines have.
    pub details: LineDetails,
}

/// Fields of a line that few lines have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineDetails {
    /// Note on the line (BT-127).
    pub note: Option<String>,
    /// Invoiced object (BT-128); its scheme is of UNTDID 1153.
    pub object: Option<Identifier>,
    /// Line of the purchase order (BT-132).
    pub order_line: Option<String>,
    /// Buyer accounting reference (BT-133).
    pub buyer_accounting: Option<String>,
    /// Buyer's item identifier (BT-156).
    pub buyer_sku: Option<String>,
    /// Standard item identifier with a scheme of ISO/IEC 6523 (BT-157). With a GTIN, it is the same.
    pub item_id: Option<Identifier>,
    /// Classifications of the item (BT-158).
    pub classifications: Vec<Classification>,
    /// Country of origin, ISO 3166-1 alpha-2 (BT-159).
    pub origin: Option<String>,
    /// Attributes of the item (BG-32).
    pub attributes: Vec<Attribute>,
    /// Price before the discount, and the discount (BT-147, BT-148).
    pub gross_price: Option<GrossPrice>,
    /// Unit of the price base quantity (BT-150), where the request gives it: that of the quantity.
    pub price_base_unit: Option<String>,
}

/// Classification of an item (BT-158).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// Code of the item.
    pub code: String,
    /// Scheme, UNTDID 7143 (BT-158-1).
    pub scheme: String,
    /// Version of the scheme (BT-158-2).
    pub version: Option<String>,
}

/// Attribute of an item (BG-32).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name (BT-160).
    pub name: String,
    /// Value (BT-161).
    pub value: String,
}

/// Price before a discount. The unit price is `price` minus `discount`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrossPrice {
    /// Price before the discount (BT-148).
    pub price: Decimal,
    /// Discount (BT-147); below zero, it makes the price higher.
    pub discount: Decimal,
}

/// Price and amount of a line as the request gives them where prices include tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineWithTax {
    /// Price of `price_base_quantity` units with tax.
    pub unit_price: Decimal,
    /// Amount of the line with tax, after its allowances and charges.
    pub amount: Decimal,
    /// Price before the discount, and the discount, with tax.
    pub gross_price: Option<GrossPrice>,
}

/// An allowance (discount) or a charge, on a line or on the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Kind of the allowance or charge.
    pub kind: AdjustmentKind,
    /// Net amount (BT-92, BT-99, BT-136, BT-141), rounded to the minor unit. A negative one takes back an allowance or
    /// charge of an earlier document.
    pub amount: Decimal,
    /// Percentage from which the amount is derived (BT-94, BT-101, BT-138, BT-143).
    pub percent: Option<Decimal>,
    /// Base amount of the percentage (BT-93, BT-100, BT-137, BT-142). Only a percentage has one, and not each: the request may give
    /// the amount without it.
    pub base: Option<Decimal>,
    /// Reason, as text (BT-97, BT-104, BT-139, BT-144).
    pub reason: Option<String>,
    /// Reason, as a code of UNTDID 5189 for allowances or 7161 for charges (BT-98, BT-105, BT-140, BT-145).
    pub reason_code: Option<String>,
    /// Tax of the amount. On a line, it is the tax of the line.
    pub tax: Tax,
    /// Exemption reason, where the request gives it for this allowance or charge.
    pub exemption: Option<Exemption>,
    /// Components of the tax rate, where the request gives them for this allowance or charge.
    pub components: Vec<ComponentRate>,
    /// Amounts with tax, exactly where prices include tax.
    pub with_tax: Option<AdjustmentWithTax>,
}

/// Amounts of an allowance or charge as the request gives them where prices include tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjustmentWithTax {
    /// Amount with tax.
    pub amount: Decimal,
    /// Base amount of the percentage with tax.
    pub base: Option<Decimal>,
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
