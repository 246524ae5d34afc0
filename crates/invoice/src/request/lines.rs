//! Lines, allowances and charges, tax, totals.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;

/// Invoice line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Line")]
pub(crate) struct LineField {
    /// Line identifier (BT-126); when absent, its position in the list, from 1.
    #[schemars(length(max = 50))]
    pub(crate) id: Option<String>,
    /// Seller's item identifier (BT-155).
    #[schemars(length(max = 100))]
    pub(crate) sku: Option<String>,
    /// Standard item identifier (BT-157): a global trade item number.
    #[schemars(with = "Option<form::Gtin>")]
    pub(crate) gtin: Option<String>,
    /// Item name (BT-153).
    #[schemars(with = "String", length(min = 1, max = 500))]
    pub(crate) name: Option<String>,
    /// Item description (BT-154). May have line breaks.
    #[schemars(length(max = 2000))]
    pub(crate) description: Option<String>,
    /// Invoiced quantity (BT-129): above zero; on a corrected invoice it may be below zero.
    #[schemars(with = "form::Quantity")]
    pub(crate) quantity: Option<String>,
    /// Unit of measure of the quantity (BT-130); `C62` (piece) when absent.
    #[schemars(with = "Option<form::Unit>")]
    pub(crate) unit: Option<String>,
    /// Item net price (BT-146): the price of `priceBaseQuantity` units without tax.
    #[schemars(with = "form::UnitPrice")]
    pub(crate) unit_price: Option<String>,
    /// Price base quantity (BT-149): how many units the price is for; one when absent.
    #[schemars(with = "Option<form::Quantity>")]
    pub(crate) price_base_quantity: Option<String>,
    /// Allowances (discounts) on the line (BG-27).
    #[schemars(length(max = 20))]
    pub(crate) allowances: Option<Vec<AdjustmentField>>,
    /// Charges on the line (BG-28).
    #[schemars(length(max = 20))]
    pub(crate) charges: Option<Vec<AdjustmentField>>,
    /// Tax of the line (BG-30): category and rate.
    #[schemars(with = "TaxField")]
    pub(crate) tax: Option<TaxField>,
    /// Line net amount (BT-131): quantity times price, minus allowances, plus charges; derived when absent.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) net_amount: Option<String>,
    /// Invoicing period of the line (BG-26).
    pub(crate) period: Option<PeriodField>,
}

/// Allowance (discount) or charge. Requires `amount` or `percent`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Adjustment")]
pub(crate) struct AdjustmentField {
    /// Amount, not negative (BT-92, BT-99, BT-136, BT-141); derived from `percent` when absent.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) amount: Option<String>,
    /// Percentage of `base` (BT-94, BT-101, BT-138, BT-143).
    #[schemars(with = "Option<form::Percent>")]
    pub(crate) percent: Option<String>,
    /// Base amount of the percentage (BT-93, BT-100, BT-137, BT-142). When absent: for a line, quantity times price; for
    /// the document, the sum of the net amounts of the lines.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) base: Option<String>,
    /// Reason, as text (BT-97, BT-104, BT-139, BT-144).
    #[schemars(length(max = 200))]
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
    /// Tax rate in percent (BT-96, BT-103, BT-152); 0 for categories without tax.
    #[schemars(with = "form::Percent")]
    pub(crate) rate: Option<String>,
    /// Exemption reason, as a code of the VATEX list (BT-121).
    #[schemars(regex(pattern = "^VATEX-[A-Z0-9-]+$"))]
    pub(crate) exemption_code: Option<String>,
    /// Exemption reason, as text (BT-120). Category `E` requires a code or a text.
    #[schemars(length(max = 500))]
    pub(crate) exemption_reason: Option<String>,
}

/// Tax subtotal of one category and rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TaxSubtotal")]
pub(crate) struct TaxSubtotalField {
    /// Tax category (BT-118).
    #[schemars(with = "form::TaxCategory")]
    pub(crate) category: Option<String>,
    /// Tax rate in percent (BT-119).
    #[schemars(with = "form::Percent")]
    pub(crate) rate: Option<String>,
    /// Exemption reason, as a code of the VATEX list (BT-121).
    #[schemars(regex(pattern = "^VATEX-[A-Z0-9-]+$"))]
    pub(crate) exemption_code: Option<String>,
    /// Exemption reason, as text (BT-120).
    #[schemars(length(max = 500))]
    pub(crate) exemption_reason: Option<String>,
    /// Taxable amount (BT-116): net amounts of lines, minus allowances, plus charges with this category and rate.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) taxable: Option<String>,
    /// Tax amount (BT-117).
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
    /// Total tax (BT-110).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax: Option<String>,
    /// Total tax in `taxCurrency` (BT-111).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax_in_tax_currency: Option<String>,
    /// Total with tax (BT-112): net + tax.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) gross: Option<String>,
    /// Paid amount (BT-113): what the buyer or the platform has paid already, for example a voucher that does not lower the
    /// price.
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
    /// Start date (BT-134).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) start: Option<String>,
    /// End date (BT-135).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) end: Option<String>,
}
