//! What a template reads: the invoice, with everything that a person sees already formatted for the reader's locale.
//!
//! `templates/README.md` describes the same shape for template authors.

use serde::Serialize;

use super::address;
use super::catalog::Catalog;
use super::error::RenderError;
use super::locale::Formats;
use super::payment_qr::{self, QrImage};
use crate::invoice::model::{Contact, Invoice, Line, Party, Payment, TaxSubtotal};

/// Everything needed to set one document.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// The template's name.
    pub template: String,
    /// The template's version.
    pub version: String,
    /// Names the document for good; goes into the PDF's identifier.
    pub ident: String,
    /// The view as JSON.
    pub view: Vec<u8>,
    /// Number of lines, which is what time and memory follow.
    pub lines: usize,
}

impl RenderJob {
    /// Prepares an invoice for its template.
    pub fn prepare(catalog: &Catalog, invoice: &Invoice) -> Result<Self, RenderError> {
        let template = catalog.choose(invoice)?;
        let formats = Formats::for_locale(&invoice.locale, invoice.currency);
        let view = InvoiceView::new(invoice, &formats);
        #[expect(
            clippy::unwrap_used,
            reason = "the view has neither maps with other keys than strings nor floats"
        )]
        let view = serde_json::to_vec(&view).unwrap();
        Ok(Self {
            template: template.name.clone(),
            version: template.version.clone(),
            ident: invoice.identity.to_string(),
            view,
            lines: invoice.lines.len(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InvoiceView<'a> {
    language: &'a str,
    locale: String,
    paper: &'static str,
    document: DocumentView<'a>,
    marketplace: MarketplaceView<'a>,
    seller: PartyView<'a>,
    buyer: Option<PartyView<'a>>,
    references: ReferencesView<'a>,
    lines: Vec<LineView<'a>>,
    taxes: Vec<TaxView>,
    totals: TotalsView,
    payment: Option<PaymentView<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentView<'a> {
    #[serde(rename = "type")]
    document_type: &'static str,
    number: &'a str,
    issue_date: String,
    due_date: Option<String>,
    currency: &'static str,
    issued: DateParts,
}

#[derive(Serialize)]
struct DateParts {
    year: i32,
    month: u8,
    day: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MarketplaceView<'a> {
    platform: &'a str,
    region: Option<&'a str>,
    shop_id: &'a str,
    order_id: &'a str,
    package_id: &'a str,
    sequence_number: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartyView<'a> {
    name: &'a str,
    address_lines: Vec<String>,
    vat_id: Option<&'a str>,
    legal_id: Option<&'a str>,
    electronic_address: Option<&'a str>,
    contact: Option<ContactView<'a>>,
}

#[derive(Serialize)]
struct ContactView<'a> {
    name: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReferencesView<'a> {
    buyer_reference: Option<&'a str>,
    purchase_order: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineView<'a> {
    id: &'a str,
    sku: Option<&'a str>,
    name: &'a str,
    quantity: String,
    unit: &'a str,
    unit_price: String,
    tax_rate: String,
    net: String,
}

#[derive(Serialize)]
struct TaxView {
    category: &'static str,
    rate: String,
    taxable: String,
    tax: String,
}

#[derive(Serialize)]
struct TotalsView {
    lines: String,
    net: String,
    tax: String,
    gross: String,
    due: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentView<'a> {
    terms: Option<&'a str>,
    iban: Option<String>,
    bic: Option<&'a str>,
    account_name: Option<&'a str>,
    remittance: Option<&'a str>,
    qr: Option<QrImage>,
}

impl<'a> InvoiceView<'a> {
    fn new(invoice: &'a Invoice, formats: &Formats) -> Self {
        let identity = &invoice.identity;
        let country = |party: &Party| {
            party
                .address
                .as_ref()
                .map(|address| address.country.clone())
        };
        // Within one country nobody writes the country's name.
        let abroad = match (
            country(&invoice.seller),
            invoice.buyer.as_ref().and_then(country),
        ) {
            (Some(seller), Some(buyer)) => seller != buyer,
            (Some(_), None) | (None, Some(_)) | (None, None) => false,
        };
        let totals = &invoice.totals;
        Self {
            language: invoice.locale.language.as_str(),
            locale: invoice.locale.to_string(),
            paper: paper(invoice),
            document: DocumentView {
                document_type: invoice.document_type.as_str(),
                number: &invoice.number,
                issue_date: formats.date(invoice.issue_date),
                due_date: invoice.due_date.map(|date| formats.date(date)),
                currency: invoice.currency.code(),
                issued: DateParts {
                    year: invoice.issue_date.year(),
                    month: invoice.issue_date.month().into(),
                    day: invoice.issue_date.day(),
                },
            },
            marketplace: MarketplaceView {
                platform: platform_name(&identity.platform),
                region: invoice.marketplace_region.as_deref(),
                shop_id: &identity.shop_id,
                order_id: &identity.order_id,
                package_id: &identity.package_id,
                sequence_number: &identity.sequence_number,
            },
            seller: PartyView::new(&invoice.seller, abroad),
            buyer: invoice
                .buyer
                .as_ref()
                .map(|buyer| PartyView::new(buyer, abroad)),
            references: ReferencesView {
                buyer_reference: invoice.buyer_reference.as_deref(),
                purchase_order: invoice.purchase_order.as_deref(),
            },
            lines: invoice
                .lines
                .iter()
                .map(|line| LineView::new(line, formats))
                .collect(),
            taxes: invoice
                .taxes
                .iter()
                .map(|tax| TaxView::new(tax, formats))
                .collect(),
            totals: TotalsView {
                lines: formats.money(totals.lines),
                net: formats.money(totals.net),
                tax: formats.money(totals.tax),
                gross: formats.money(totals.gross),
                due: formats.money(totals.due),
            },
            payment: invoice
                .payment
                .as_ref()
                .map(|payment| PaymentView::new(payment, invoice)),
            notes: &invoice.notes,
        }
    }
}

impl<'a> PartyView<'a> {
    fn new(party: &'a Party, abroad: bool) -> Self {
        Self {
            name: &party.name,
            address_lines: party
                .address
                .as_ref()
                .map_or_else(Vec::new, |address| address::lines(address, abroad)),
            vat_id: party.vat_id.as_deref(),
            legal_id: party.legal_id.as_deref(),
            electronic_address: party.electronic_address.as_deref(),
            contact: party.contact.as_ref().map(ContactView::new),
        }
    }
}

impl<'a> ContactView<'a> {
    fn new(contact: &'a Contact) -> Self {
        Self {
            name: contact.name.as_deref(),
            phone: contact.phone.as_deref(),
            email: contact.email.as_deref(),
        }
    }
}

impl<'a> LineView<'a> {
    fn new(line: &'a Line, formats: &Formats) -> Self {
        Self {
            id: &line.id,
            sku: line.sku.as_deref(),
            name: &line.name,
            quantity: formats.number(line.quantity),
            unit: &line.unit,
            unit_price: formats.price(line.unit_price),
            tax_rate: formats.percent(line.tax.rate),
            net: formats.number(line.net),
        }
    }
}

impl TaxView {
    fn new(subtotal: &TaxSubtotal, formats: &Formats) -> Self {
        Self {
            category: subtotal.tax.category.code(),
            rate: formats.percent(subtotal.tax.rate),
            taxable: formats.money(subtotal.taxable),
            tax: formats.money(subtotal.amount),
        }
    }
}

impl<'a> PaymentView<'a> {
    fn new(payment: &'a Payment, invoice: &Invoice) -> Self {
        Self {
            terms: payment.terms.as_deref(),
            iban: payment.iban.as_deref().map(in_groups_of_four),
            bic: payment.bic.as_deref(),
            account_name: payment.account_name.as_deref(),
            remittance: payment.remittance.as_deref(),
            qr: payment_qr::image(payment, invoice.totals.due),
        }
    }
}

/// The written form of an IBAN (ISO 13616).
fn in_groups_of_four(iban: &str) -> String {
    let groups: Vec<&str> = (0..iban.len())
        .step_by(4)
        .map(|start| &iban[start..iban.len().min(start + 4)])
        .collect();
    groups.join(" ")
}

/// The paper that is in the reader's printer.
fn paper(invoice: &Invoice) -> &'static str {
    let region = invoice.locale.region.map(|region| region.to_string());
    match region.as_deref() {
        Some("US" | "CA" | "MX" | "PH" | "CL" | "CO" | "VE") => "us-letter",
        Some(_) | None => "a4",
    }
}

/// A platform's name as it writes it itself.
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
