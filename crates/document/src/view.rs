//! What a template reads: the invoice, with everything that a person sees already formatted for the reader's locale.
//!
//! `templates/README.md` describes the same shape for template authors.

mod document;
mod lines;
mod party;
mod payment;

use serde::Serialize;
use serde_json::{Map, Value};

use self::document::{DocumentView, MarketplaceView, ReferencesView};
use self::lines::{AdjustmentView, LineView, TaxView, TotalsView};
use self::party::{DeliveryView, PartyView};
use self::payment::PaymentView;
use super::brand::Brand;
use super::catalog::Catalog;
use super::compiler::Order;
use super::error::RenderError;
use super::glyphs;
use super::locale::{self, Formats};
use super::payment_qr::PaymentQr;
use super::unruly;
use invoice::digest::Sha256Digest;
use invoice::model::{Attachment, Invoice, Paper, Party};

/// Everything needed to set one document.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// Template, logo and name of the document.
    pub order: Order,
    /// The template's name, as requests use it.
    pub template: String,
    /// The template's version.
    pub version: String,
    /// The digest of the template's files.
    pub template_digest: Sha256Digest,
    /// The digest of the shop's brand, where it has one.
    pub brand_digest: Option<Sha256Digest>,
    /// The view as JSON, and behind it the pixels of the payment code.
    pub view: Vec<u8>,
    /// Number of lines, which is what time and memory follow.
    pub lines: usize,
}

/// Documents with more lines than this hardly ever fit on one page.
const ONE_PAGE_LINES: usize = 20;

impl RenderJob {
    /// Prepares an invoice for its template.
    pub fn prepare(catalog: &Catalog, invoice: &Invoice) -> Result<Self, RenderError> {
        let (template, language) = catalog.choose(invoice)?;
        let formats = Formats::for_locale(&invoice.locale, invoice.currency);
        let brand = catalog.brands().of(&invoice.identity);
        let view = InvoiceView::new(invoice, language, catalog, &formats, &brand);
        #[expect(
            clippy::unwrap_used,
            reason = "the view has no maps with other keys than strings"
        )]
        let json = serde_json::to_vec(&view).unwrap();
        let right_to_left = locale::direction(&invoice.locale) == "rtl";
        let json = glyphs::check(json, catalog.fonts().coverage(), right_to_left)?;
        let mut json = unruly::mark(json, right_to_left);
        let code = view
            .payment
            .as_ref()
            .and_then(|payment| payment.qr.as_ref());
        let pixels = code.map(PaymentQr::pixels).unwrap_or_default();
        json.extend_from_slice(pixels);
        Ok(Self {
            order: Order {
                template: template.folder.clone(),
                logo: brand.logo.clone(),
                ident: invoice.identity.to_string(),
                may_be_one_page: invoice.lines.len() <= ONE_PAGE_LINES,
                pixels: pixels.len(),
            },
            template: template.name.clone(),
            version: template.version(),
            template_digest: template.digest,
            brand_digest: brand.digest,
            view: json,
            lines: invoice.lines.len(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InvoiceView<'a> {
    language: &'a str,
    texts: &'a str,
    direction: &'static str,
    fonts: Vec<&'a str>,
    locale: String,
    paper: &'static str,
    brand: &'a Brand,
    document: DocumentView<'a>,
    marketplace: MarketplaceView<'a>,
    seller: PartyView<'a>,
    buyer: Option<PartyView<'a>>,
    payee: Option<PartyView<'a>>,
    tax_representative: Option<PartyView<'a>>,
    delivery: Option<DeliveryView<'a>>,
    references: ReferencesView<'a>,
    lines: Vec<LineView<'a>>,
    carried: Vec<String>,
    allowances: Vec<AdjustmentView<'a>>,
    charges: Vec<AdjustmentView<'a>>,
    taxes: Vec<TaxView<'a>>,
    totals: TotalsView,
    payment: Option<PaymentView<'a>>,
    notes: Vec<&'a str>,
    attachments: Vec<AttachmentView<'a>>,
    extensions: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct AttachmentView<'a> {
    id: &'a str,
    description: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> InvoiceView<'a> {
    fn new(
        invoice: &'a Invoice,
        texts: &'a str,
        catalog: &'a Catalog,
        formats: &Formats,
        brand: &'a Brand,
    ) -> Self {
        let abroad = crosses_a_border(invoice);
        let party = |party: &'a Party| PartyView::new(party, abroad, formats);
        let adjustment = |adjustment| AdjustmentView::new(adjustment, formats);
        Self {
            language: invoice.locale.language.as_str(),
            texts,
            direction: locale::direction(&invoice.locale),
            fonts: catalog.fonts().families(&invoice.locale),
            locale: invoice.locale.to_string(),
            paper: paper(invoice).as_str(),
            brand,
            document: DocumentView::new(invoice, formats),
            marketplace: MarketplaceView::new(invoice),
            seller: party(&invoice.seller),
            buyer: invoice.buyer.as_ref().map(party),
            payee: invoice.payee.as_ref().map(party),
            tax_representative: invoice.tax_representative.as_ref().map(party),
            delivery: invoice
                .delivery
                .as_ref()
                .map(|delivery| DeliveryView::new(delivery, abroad, formats)),
            references: ReferencesView::new(&invoice.references, formats),
            carried: lines::carried(&invoice.lines, formats),
            lines: lines::views(&invoice.lines, formats, catalog.fonts()),
            allowances: invoice.allowances.iter().map(adjustment).collect(),
            charges: invoice.charges.iter().map(adjustment).collect(),
            taxes: invoice
                .taxes
                .iter()
                .map(|tax| TaxView::new(tax, formats))
                .collect(),
            totals: TotalsView::new(invoice, formats),
            payment: invoice
                .payment
                .as_ref()
                .map(|payment| PaymentView::new(payment, invoice)),
            notes: invoice
                .notes
                .iter()
                .map(|note| note.text.as_str())
                .collect(),
            attachments: invoice
                .attachments
                .iter()
                .map(AttachmentView::new)
                .collect(),
            extensions: &invoice.extensions,
        }
    }
}

impl<'a> AttachmentView<'a> {
    fn new(attachment: &'a Attachment) -> Self {
        Self {
            id: &attachment.id,
            description: attachment.description.as_deref(),
            url: attachment.url.as_deref(),
        }
    }
}

/// Within one country nobody writes the country's name.
fn crosses_a_border(invoice: &Invoice) -> bool {
    let delivery = invoice.delivery.as_ref();
    let mut countries = [Some(&invoice.seller), invoice.buyer.as_ref()]
        .into_iter()
        .flatten()
        .filter_map(|party| party.address.as_ref())
        .chain(delivery.and_then(|delivery| delivery.address.as_ref()))
        .map(|address| &address.country);
    let first = countries.next();
    countries.any(|country| Some(country) != first)
}

/// The paper that is in the reader's printer, unless the request asks for another.
fn paper(invoice: &Invoice) -> Paper {
    let region = invoice.locale.region.map(|region| region.to_string());
    match (invoice.template.paper, region.as_deref()) {
        (Some(paper), _) => paper,
        (None, Some("US" | "CA" | "MX" | "PH" | "CL" | "CO" | "VE")) => Paper::UsLetter,
        (None, Some(_) | None) => Paper::A4,
    }
}
