//! Lines, allowances and charges, tax, totals.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;
use super::party::SchemedField;
use crate::limits;

/// Invoice line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Line")]
pub(crate) struct LineField {
    /// Line identifier (BT-126); when absent, its position in the list, from 1.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) id: Option<String>,
    /// Note on the line (BT-127). May have line breaks.
    #[schemars(length(max = limits::LINES))]
    pub(crate) note: Option<String>,
    /// Invoiced object of the line (BT-128). Its scheme is a code of UNTDID 1153.
    pub(crate) object: Option<SchemedField>,
    /// Line of the purchase order (BT-132), assigned by the buyer.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) order_line: Option<String>,
    /// Buyer accounting reference of the line (BT-133).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) buyer_accounting: Option<String>,
    /// Seller's item identifier (BT-155).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) sku: Option<String>,
    /// Buyer's item identifier (BT-156).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) buyer_sku: Option<String>,
    /// Standard item identifier (BT-157) with its scheme, a code of ISO/IEC 6523. With `gtin`, which has the scheme `0160`,
    /// both must be the same.
    pub(crate) item_id: Option<SchemedField>,
    /// Standard item identifier (BT-157): a global trade item number.
    #[schemars(with = "Option<form::Gtin>")]
    pub(crate) gtin: Option<String>,
    /// Item name (BT-153).
    #[schemars(with = "String", length(min = 1, max = limits::ITEM_NAME))]
    pub(crate) name: Option<String>,
    /// Item description (BT-154). May have line breaks.
    #[schemars(length(max = limits::LINES))]
    pub(crate) description: Option<String>,
    /// Classifications of the item (BT-158), for example by CPV or UNSPSC.
    #[schemars(length(max = 20))]
    pub(crate) classifications: Option<Vec<ClassificationField>>,
    /// Country of origin of the item (BT-159).
    #[schemars(with = "Option<form::CountryCode>")]
    pub(crate) origin: Option<String>,
    /// Attributes of the item (BG-32), for example its colour.
    #[schemars(length(max = 100))]
    pub(crate) attributes: Option<Vec<AttributeField>>,
    /// Invoiced quantity (BT-129): below zero for goods that are returned or taken back, 0 for a line that only informs.
    #[schemars(with = "form::Quantity")]
    pub(crate) quantity: Option<String>,
    /// Unit of measure of the quantity (BT-130); `C62` (piece) when absent.
    #[schemars(with = "Option<form::Unit>")]
    pub(crate) unit: Option<String>,
    /// Item net price (BT-146): the price of `priceBaseQuantity` units, without tax unless `pricesIncludeTax` is true.
    #[schemars(with = "form::UnitPrice")]
    pub(crate) unit_price: Option<String>,
    /// Price base quantity (BT-149): how many units the price is for; one when absent.
    #[schemars(with = "Option<form::PriceBaseQuantity>")]
    pub(crate) price_base_quantity: Option<String>,
    /// Unit of the price base quantity (BT-150): that of the quantity.
    #[schemars(with = "Option<form::Unit>")]
    pub(crate) price_base_unit: Option<String>,
    /// Item gross price (BT-148): the price before `priceDiscount`; derived from it when absent.
    #[schemars(with = "Option<form::UnitPrice>")]
    pub(crate) gross_price: Option<String>,
    /// Item price discount (BT-147): what makes `unitPrice` of `grossPrice`; derived from it when absent.
    #[schemars(with = "Option<form::PriceDiscount>")]
    pub(crate) price_discount: Option<String>,
    /// Allowances (discounts) on the line (BG-27).
    #[schemars(length(max = 20))]
    pub(crate) allowances: Option<Vec<AdjustmentField>>,
    /// Charges on the line (BG-28).
    #[schemars(length(max = 20))]
    pub(crate) charges: Option<Vec<AdjustmentField>>,
    /// Tax of the line (BG-30): category and rate.
    #[schemars(with = "TaxField")]
    pub(crate) tax: Option<TaxField>,
    /// Line net amount (BT-131), always without tax: quantity times price, minus allowances, plus charges; derived when
    /// absent. May differ by 0.02 from the computed amount.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) net_amount: Option<String>,
    /// Invoicing period of the line (BG-26).
    pub(crate) period: Option<PeriodField>,
}

/// Classification of an item. Requires `code` and `scheme`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Classification")]
pub(crate) struct ClassificationField {
    /// Code of the item in the scheme (BT-158).
    #[schemars(with = "String", length(max = limits::TEXT))]
    pub(crate) code: Option<String>,
    /// Scheme (BT-158-1): a code of UNTDID 7143, for example `STI` (CPV) or `TST` (UNSPSC).
    #[schemars(with = "String", regex(pattern = "^[A-Z0-9]{1,3}$"))]
    pub(crate) scheme: Option<String>,
    /// Version of the scheme (BT-158-2).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) version: Option<String>,
}

/// Attribute of an item. Requires both fields.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Attribute")]
pub(crate) struct AttributeField {
    /// Name of the attribute (BT-160), for example `Colour`.
    #[schemars(with = "String", length(max = limits::TEXT))]
    pub(crate) name: Option<String>,
    /// Value of the attribute (BT-161), for example `red`.
    #[schemars(with = "String", length(max = limits::LINES))]
    pub(crate) value: Option<String>,
}

/// Allowance (discount) or charge. Requires `amount` or `percent`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Adjustment")]
pub(crate) struct AdjustmentField {
    /// Amount (BT-92, BT-99, BT-136, BT-141), with tax where `pricesIncludeTax` is true; derived from `percent` when absent,
    /// and may differ by 0.02 from that. Negative only where an allowance or charge is taken back: on a corrected invoice, on
    /// a credit note, and on a line with a negative quantity.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) amount: Option<String>,
    /// Percentage of `base` (BT-94, BT-101, BT-138, BT-143).
    #[schemars(with = "Option<form::Percent>")]
    pub(crate) percent: Option<String>,
    /// Base amount of the percentage (BT-93, BT-100, BT-137, BT-142). When `amount` is absent too: for a line, quantity times
    /// price; for the document, the sum of the net amounts of the lines.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) base: Option<String>,
    /// Reason, as text (BT-97, BT-104, BT-139, BT-144).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) reason: Option<String>,
    /// Reason, as a code (BT-98, BT-105, BT-140, BT-145) of UNTDID 5189 (allowances) or 7161 (charges; `FC` is freight).
    /// An allowance without reason and code is a discount (`95`). A charge requires a reason or a code.
    #[schemars(regex(pattern = "^[A-Z0-9]{1,3}$"))]
    pub(crate) reason_code: Option<String>,
    /// The party that bears an allowance; `seller` when absent. Not for charges.
    #[schemars(with = "Option<form::FundedBy>")]
    pub(crate) funded_by: Option<String>,
    /// Tax of an allowance or charge on the document (BT-95, BT-102); when absent, the tax of the lines, where they all
    /// have the same. Not for allowances and charges on a line, which have the tax of the line.
    pub(crate) tax: Option<TaxField>,
}

/// Tax category and rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Tax")]
pub(crate) struct TaxField {
    /// Tax category (BT-95, BT-102, BT-151).
    #[schemars(with = "form::TaxCategory")]
    pub(crate) category: Option<String>,
    /// Tax rate in percent (BT-96, BT-103, BT-152); 0 for categories without tax. When absent, the sum of `components`, which
    /// are then required, except for category `O`, which has no rate.
    #[schemars(with = "Option<form::Percent>")]
    pub(crate) rate: Option<String>,
    /// Named parts of the rate, where there are several taxes: GST and QST, CGST and SGST, state and county. Their rates add up
    /// to `rate`. All places with one category and rate have the same components, or none.
    #[schemars(length(max = 20))]
    pub(crate) components: Option<Vec<TaxComponentField>>,
    /// Exemption reason, as a code of the VATEX list (BT-121).
    #[schemars(regex(pattern = "^[Vv][Aa][Tt][Ee][Xx]-[A-Za-z0-9-]+$"))]
    pub(crate) exemption_code: Option<String>,
    /// Exemption reason, as text (BT-120). Category `E` requires a code or a text.
    #[schemars(length(max = limits::REASON))]
    pub(crate) exemption_reason: Option<String>,
}

/// Named part of a tax rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "TaxComponent")]
pub(crate) struct TaxComponentField {
    /// Name of the tax, for example `GST`.
    #[schemars(with = "String", length(min = 1, max = limits::TEXT))]
    pub(crate) name: Option<String>,
    /// Rate in percent.
    #[schemars(with = "form::Percent")]
    pub(crate) rate: Option<String>,
}

/// Named part of the tax of one category and rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "TaxSubtotalComponent")]
pub(crate) struct TaxSubtotalComponentField {
    /// Name of the tax, for example `GST`.
    #[schemars(with = "String", length(min = 1, max = limits::TEXT))]
    pub(crate) name: Option<String>,
    /// Rate in percent.
    #[schemars(with = "form::Percent")]
    pub(crate) rate: Option<String>,
    /// Amount of this part of the tax; derived when absent. Given for all parts or for none; they add up to the tax, and may
    /// differ from the computed amounts as it may.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax: Option<String>,
}

/// Tax subtotal of one category and rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TaxSubtotal")]
pub(crate) struct TaxSubtotalField {
    /// Tax category (BT-118).
    #[schemars(with = "form::TaxCategory")]
    pub(crate) category: Option<String>,
    /// Tax rate in percent (BT-119). When absent, the sum of `components`, which are then required.
    #[schemars(with = "Option<form::Percent>")]
    pub(crate) rate: Option<String>,
    /// Named parts of the rate, with their amounts. They may be given here for all lines, allowances and charges.
    #[schemars(length(max = 20))]
    pub(crate) components: Option<Vec<TaxSubtotalComponentField>>,
    /// Exemption reason, as a code of the VATEX list (BT-121).
    #[schemars(regex(pattern = "^[Vv][Aa][Tt][Ee][Xx]-[A-Za-z0-9-]+$"))]
    pub(crate) exemption_code: Option<String>,
    /// Exemption reason, as text (BT-120).
    #[schemars(length(max = limits::REASON))]
    pub(crate) exemption_reason: Option<String>,
    /// Taxable amount (BT-116): net amounts of lines, minus allowances, plus charges with this category and rate.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) taxable: Option<String>,
    /// Tax amount (BT-117). May differ from the computed amount by half a minor unit for each line, allowance and charge with
    /// this category and rate whose amount is not 0, since platforms round the tax of each, and by less than 1.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax: Option<String>,
}

/// Document totals.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Totals")]
pub(crate) struct TotalsField {
    /// Sum of the net amounts of the lines (BT-106).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) lines: Option<String>,
    /// Sum of the allowances on the document (BT-107).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) allowances: Option<String>,
    /// Sum of the charges on the document (BT-108).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) charges: Option<String>,
    /// Total without tax (BT-109): lines - allowances + charges.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) net: Option<String>,
    /// Total tax (BT-110): the sum of the taxes by category and rate. Without `taxBreakdown`, it may differ as they may.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax: Option<String>,
    /// Total tax in `taxCurrency` (BT-111).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax_in_tax_currency: Option<String>,
    /// Total with tax (BT-112): net + tax.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) gross: Option<String>,
    /// Paid amount (BT-113): what the buyer or the platform has paid already, for example a voucher that does not lower the
    /// price. Negative for a balance that is brought forward.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) prepaid: Option<String>,
    /// Rounding amount (BT-114), which is added to the amount due.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) rounding: Option<String>,
    /// Amount due for payment (BT-115): gross - prepaid + rounding.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) due: Option<String>,
}

/// Period from one day to another, both included.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Period")]
pub(crate) struct PeriodField {
    /// Start date (BT-73; of a line: BT-134).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) start: Option<String>,
    /// End date (BT-74; of a line: BT-135).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) end: Option<String>,
}
