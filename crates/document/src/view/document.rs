//! The document's own data, its order, and its references.

use serde::Serialize;
use time::Date;

use super::lines::range;
use super::party::IdentifierView;
use crate::locale::Formats;
use invoice::model::{Invoice, References};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentView<'a> {
    #[serde(rename = "type")]
    document_type: &'static str,
    type_code: Option<&'static str>,
    number: &'a str,
    issue_date: String,
    due_date: Option<String>,
    tax_point_date: Option<String>,
    tax_point_date_code: Option<&'static str>,
    period: Option<String>,
    currency: &'static str,
    prices_include_tax: bool,
    tax_currency: Option<&'static str>,
    issued: DateParts,
}

#[derive(Serialize)]
struct DateParts {
    year: i32,
    month: u8,
    day: u8,
}

impl<'a> DocumentView<'a> {
    pub(super) fn new(invoice: &'a Invoice, formats: &Formats) -> Self {
        let date = |date: Date| formats.date(date);
        Self {
            document_type: invoice.document_type.as_str(),
            type_code: invoice.type_code,
            number: &invoice.number,
            issue_date: date(invoice.issue_date),
            due_date: invoice.due_date.map(date),
            tax_point_date: invoice.tax_point_date.map(date),
            tax_point_date_code: invoice.tax_point_event.map(|event| event.code()),
            period: invoice.period.map(|period| range(period, formats)),
            currency: invoice.currency.code(),
            prices_include_tax: invoice.prices_include_tax,
            tax_currency: invoice
                .tax_in_tax_currency
                .map(|(currency, _)| currency.code()),
            issued: DateParts {
                year: invoice.issue_date.year(),
                month: invoice.issue_date.month().into(),
                day: invoice.issue_date.day(),
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarketplaceView<'a> {
    platform: &'a str,
    region: Option<&'a str>,
    shop_id: &'a str,
    order_id: &'a str,
    package_id: &'a str,
    sequence_number: &'a str,
}

impl<'a> MarketplaceView<'a> {
    pub(super) fn new(invoice: &'a Invoice) -> Self {
        let identity = &invoice.identity;
        Self {
            platform: platform_name(identity.platform()),
            region: invoice.marketplace_region.as_deref(),
            shop_id: identity.shop_id(),
            order_id: identity.order_id(),
            package_id: identity.package_id(),
            sequence_number: identity.sequence_number(),
        }
    }
}

/// A platform's own spelling of its name.
fn platform_name(platform: &str) -> &str {
    match platform {
        "tiktok" => "TikTok Shop",
        "shopee" => "Shopee",
        "lazada" => "Lazada",
        "amazon" => "Amazon",
        "ebay" => "eBay",
        "etsy" => "Etsy",
        "shopify" => "Shopify",
        other => other,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReferencesView<'a> {
    buyer_reference: Option<&'a str>,
    purchase_order: Option<&'a str>,
    sales_order: Option<&'a str>,
    contract: Option<&'a str>,
    project: Option<&'a str>,
    despatch_advice: Option<&'a str>,
    receiving_advice: Option<&'a str>,
    tender: Option<&'a str>,
    invoiced_object: Option<IdentifierView<'a>>,
    buyer_accounting: Option<&'a str>,
    preceding_invoices: Vec<PrecedingInvoiceView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrecedingInvoiceView<'a> {
    number: &'a str,
    issue_date: Option<String>,
}

impl<'a> ReferencesView<'a> {
    pub(super) fn new(references: &'a References, formats: &Formats) -> Self {
        Self {
            buyer_reference: references.buyer_reference.as_deref(),
            purchase_order: references.purchase_order.as_deref(),
            sales_order: references.sales_order.as_deref(),
            contract: references.contract.as_deref(),
            project: references.project.as_deref(),
            despatch_advice: references.despatch_advice.as_deref(),
            receiving_advice: references.receiving_advice.as_deref(),
            tender: references.tender.as_deref(),
            invoiced_object: references.invoiced_object.as_ref().map(IdentifierView::new),
            buyer_accounting: references.buyer_accounting.as_deref(),
            preceding_invoices: references
                .preceding_invoices
                .iter()
                .map(|preceding| PrecedingInvoiceView {
                    number: &preceding.number,
                    issue_date: preceding.issue_date.map(|date| formats.date(date)),
                })
                .collect(),
        }
    }
}
