//! The view: the data that a template reads. Everything that a person sees is formatted for the reader's locale.
//!
//! `templates/README.md` describes it for template authors.

mod document;
mod lines;
mod party;
mod payment;
mod special_strings;

use serde::Serialize;
use serde_json::{Map, Value};

use self::document::{DocumentView, MarketplaceView, ReferencesView};
use self::lines::{AdjustmentView, LineView, TaxView, TotalsView};
use self::party::{DeliveryView, PartyView};
use self::payment::PaymentView;
use crate::catalog::Catalog;
use crate::catalog::brand::Brand;
use crate::error::RenderError;
use crate::fonts::glyphs;
use crate::job_file::JobFile;
use crate::locale::{self, Formats};
use crate::payment_code::PIXELS_PATH;
use invoice::model::{Attachment, Invoice, Paper, Party};

/// The view of an invoice.
pub(crate) struct View {
    /// The data, as JSON.
    pub(crate) json: Vec<u8>,
    /// Data that is not text.
    pub(crate) files: Vec<JobFile>,
}

impl View {
    /// Formats everything that a person reads for the reader's locale.
    ///
    /// # Errors
    ///
    /// [`RenderError::GlyphMissing`] for letters that no font has.
    pub(crate) fn of(
        invoice: &Invoice,
        language: &str,
        catalog: &Catalog,
        brand: &Brand,
    ) -> Result<Self, RenderError> {
        let formats = Formats::for_locale(&invoice.locale, invoice.currency);
        let view = InvoiceView::new(invoice, language, catalog, &formats, brand);
        #[expect(
            clippy::unwrap_used,
            reason = "the view has no maps with other keys than strings"
        )]
        let json = serde_json::to_vec(&view).unwrap();
        let right_to_left = locale::direction(&invoice.locale) == "rtl";
        let json = glyphs::check(json, catalog.fonts().coverage(), right_to_left)?;
        let code = view.payment.and_then(|payment| payment.qr);
        let files = code.map(|code| JobFile {
            path: PIXELS_PATH.to_owned(),
            bytes: code.into_pixels(),
        });
        Ok(Self {
            json: special_strings::add(json, right_to_left),
            files: files.into_iter().collect(),
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

/// Whether the addresses are in several countries. Otherwise the name of the country is left out.
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

/// The paper that the request names, or else the usual one of the reader's country.
fn paper(invoice: &Invoice) -> Paper {
    let region = invoice.locale.region.map(|region| region.to_string());
    match (invoice.template.paper, region.as_deref()) {
        (Some(paper), _) => paper,
        (None, Some("US" | "CA" | "MX" | "PH" | "CL" | "CO" | "VE")) => Paper::UsLetter,
        (None, Some(_) | None) => Paper::A4,
    }
}
