//! Lines, discounts and charges, tax, totals.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;

/// One line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Line")]
pub(crate) struct LineField {
    /// Identifier of the line (BT-126); its place in the list, from 1, when absent.
    #[schemars(length(max = 50))]
    pub(crate) id: Option<String>,
    /// The seller's number of the item (BT-155).
    #[schemars(length(max = 100))]
    pub(crate) sku: Option<String>,
    /// The item's global trade item number (BT-157).
    #[schemars(with = "Option<form::Gtin>")]
    pub(crate) gtin: Option<String>,
    /// Name of the item (BT-153).
    #[schemars(with = "String", length(min = 1, max = 500))]
    pub(crate) name: Option<String>,
    /// Description of the item, with line breaks where they are wanted (BT-154).
    #[schemars(length(max = 2000))]
    pub(crate) description: Option<String>,
    /// Quantity (BT-129): above zero, or below in a corrected invoice.
    #[schemars(with = "form::Quantity")]
    pub(crate) quantity: Option<String>,
    /// Unit of the quantity (BT-130); `C62` (one) when absent.
    #[schemars(with = "Option<form::Unit>")]
    pub(crate) unit: Option<String>,
    /// Price without tax of `priceBaseQuantity` units (BT-146).
    #[schemars(with = "form::UnitPrice")]
    pub(crate) unit_price: Option<String>,
    /// How many units the price is for (BT-149); one when absent.
    #[schemars(with = "Option<form::Quantity>")]
    pub(crate) price_base_quantity: Option<String>,
    /// Discounts on the line (BG-27).
    #[schemars(length(max = 20))]
    pub(crate) allowances: Option<Vec<AdjustmentField>>,
    /// Charges on the line (BG-28).
    #[schemars(length(max = 20))]
    pub(crate) charges: Option<Vec<AdjustmentField>>,
    /// Tax of the line (BG-30).
    #[schemars(with = "TaxField")]
    pub(crate) tax: Option<TaxField>,
    /// Net amount (BT-131): quantity times price, less allowances, plus charges; derived when absent.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) net_amount: Option<String>,
    /// The time that the line is about (BG-26).
    pub(crate) period: Option<PeriodField>,
}

/// A discount (allowance) or a charge. It needs an `amount` or a `percent`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Adjustment")]
pub(crate) struct AdjustmentField {
    /// How much, without a sign (BT-92, BT-99, BT-136, BT-141); derived from `percent` when absent.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) amount: Option<String>,
    /// Percentage of `base` (BT-94, BT-101, BT-138, BT-143).
    #[schemars(with = "Option<form::Percent>")]
    pub(crate) percent: Option<String>,
    /// What the percentage is of (BT-93, BT-100, BT-137, BT-142): by default quantity times price, or the sum of all
    /// lines.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) base: Option<String>,
    /// Why, in words (BT-97, BT-104, BT-139, BT-144).
    #[schemars(length(max = 200))]
    pub(crate) reason: Option<String>,
    /// Why, as a code of UNTDID 5189 (allowances) or 7161 (charges; `FC` is freight). An allowance without reason is a
    /// discount (`95`); a charge needs a reason or a code.
    #[schemars(regex(pattern = "^[A-Z0-9]{1,3}$"))]
    pub(crate) reason_code: Option<String>,
    /// Who bears a discount; the seller when absent.
    #[schemars(with = "Option<form::FundedBy>")]
    pub(crate) funded_by: Option<String>,
    /// Tax of what is added or taken away, for allowances and charges on the document only (BT-95, BT-102); by
    /// default that of the lines, where they all have the same.
    pub(crate) tax: Option<TaxField>,
}

/// A tax category with its rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Tax")]
pub(crate) struct TaxField {
    /// Category (BT-151).
    #[schemars(with = "form::TaxCategory")]
    pub(crate) category: Option<String>,
    /// Rate (BT-152); 0 for categories without tax.
    #[schemars(with = "form::Percent")]
    pub(crate) rate: Option<String>,
    /// Why there is no tax, as a code of the VATEX list (BT-121).
    #[schemars(regex(pattern = "^VATEX-[A-Z0-9-]+$"))]
    pub(crate) exemption_code: Option<String>,
    /// Why there is no tax, in words (BT-120). Category `E` needs a code or words.
    #[schemars(length(max = 500))]
    pub(crate) exemption_reason: Option<String>,
}

/// Tax of everything with the same category and rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TaxSubtotal")]
pub(crate) struct TaxSubtotalField {
    /// Category (BT-118).
    #[schemars(with = "form::TaxCategory")]
    pub(crate) category: Option<String>,
    /// Rate (BT-119).
    #[schemars(with = "form::Percent")]
    pub(crate) rate: Option<String>,
    /// Why there is no tax, as a code of the VATEX list (BT-121).
    #[schemars(regex(pattern = "^VATEX-[A-Z0-9-]+$"))]
    pub(crate) exemption_code: Option<String>,
    /// Why there is no tax, in words (BT-120).
    #[schemars(length(max = 500))]
    pub(crate) exemption_reason: Option<String>,
    /// Sum of the net amounts (BT-116).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) taxable: Option<String>,
    /// Tax amount (BT-117).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax: Option<String>,
}

/// Totals of the document.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Totals")]
pub(crate) struct TotalsField {
    /// Sum of the lines' net amounts (BT-106).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) lines: Option<String>,
    /// Sum of the document's allowances (BT-107).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) allowances: Option<String>,
    /// Sum of the document's charges (BT-108).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) charges: Option<String>,
    /// Total without tax (BT-109).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) net: Option<String>,
    /// Total tax (BT-110).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax: Option<String>,
    /// Total tax in `taxCurrency` (BT-111).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) tax_in_tax_currency: Option<String>,
    /// Total with tax (BT-112).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) gross: Option<String>,
    /// What was paid before (BT-113): vouchers of the platform that do not lower the price too.
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) prepaid: Option<String>,
    /// What is added to round the amount due (BT-114).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) rounding: Option<String>,
    /// Amount due (BT-115).
    #[schemars(with = "Option<form::Amount>")]
    pub(crate) due: Option<String>,
}

/// A time from one day to another, both included.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Period")]
pub(crate) struct PeriodField {
    /// First day (BT-134).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) start: Option<String>,
    /// Last day (BT-135).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) end: Option<String>,
}
