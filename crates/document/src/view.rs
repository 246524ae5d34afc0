//! The view: the data that a template reads. Everything that a person sees is formatted for the reader's locale.
//!
//! `templates/README.md` describes it for template authors.

mod attachment;
mod brand;
mod details;
mod document;
mod extensions;
mod lines;
mod party;
mod payment;
mod special_strings;
mod totals;

use serde::Serialize;
use serde_json::{Map, Value};

use self::attachment::AttachmentView;
use self::brand::BrandView;
use self::document::{DocumentView, MarketplaceView, ReferencesView};
use self::lines::{AdjustmentView, ColumnsView, LineView, TaxView, UsualBase};
use self::party::{DeliveryView, PartyView};
use self::payment::PaymentView;
use self::totals::TotalsView;
use crate::catalog::brand::Brand;
use crate::catalog::words::{CodeList, Words};
use crate::catalog::{Catalog, Template};
use crate::error::RenderError;
use crate::fonts::glyphs;
use crate::job_file::JobFile;
use crate::locale::{self, Formats};
use crate::payment_code::PIXELS_PATH;
use invoice::model::{Adjustment, Invoice, Paper, Party};

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
        template: &Template,
        language: &str,
        catalog: &Catalog,
        brand: &Brand,
        formats: &Formats,
    ) -> Result<Self, RenderError> {
        let words = catalog.words(template, formats.locales());
        let view = InvoiceView::new(invoice, language, words, catalog, formats, brand);
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
    brand: BrandView<'a>,
    document: DocumentView<'a>,
    marketplace: MarketplaceView<'a>,
    seller: PartyView<'a>,
    buyer: Option<PartyView<'a>>,
    payee: Option<PartyView<'a>>,
    tax_representative: Option<PartyView<'a>>,
    delivery: Option<DeliveryView<'a>>,
    references: ReferencesView<'a>,
    lines: Vec<LineView<'a>>,
    columns: ColumnsView,
    carried: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carried_with_tax: Option<Vec<String>>,
    allowances: Vec<AdjustmentView<'a>>,
    charges: Vec<AdjustmentView<'a>>,
    taxes: Vec<TaxView<'a>>,
    totals: TotalsView,
    payment: Option<PaymentView<'a>>,
    notes: Vec<&'a str>,
    attachments: Vec<AttachmentView<'a>>,
    extensions: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    formatted_extensions: Map<String, Value>,
}

impl<'a> InvoiceView<'a> {
    fn new(
        invoice: &'a Invoice,
        texts: &'a str,
        words: &'a Words,
        catalog: &'a Catalog,
        formats: &Formats,
        brand: &'a Brand,
    ) -> Self {
        let abroad = crosses_a_border(invoice);
        let party = |party: &'a Party| PartyView::new(party, abroad, formats);
        let side = |adjustments: &'a [Adjustment], reasons| {
            let usual_base = UsualBase::of_document(invoice);
            let view = |it| AdjustmentView::new(it, usual_base, reasons, words, formats);
            adjustments.iter().map(view).collect()
        };
        // The widths of another font are not known.
        let widths = brand.font.is_none().then(|| catalog.fonts());
        let lines = lines::views(invoice, words, formats, widths);
        Self {
            language: invoice.locale.language.as_str(),
            texts,
            direction: locale::direction(&invoice.locale),
            fonts: brand::fonts(brand, catalog.fonts().families(&invoice.locale)),
            locale: invoice.locale.to_string(),
            paper: paper(invoice).as_str(),
            brand: BrandView::new(brand),
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
            carried_with_tax: lines::carried_with_tax(invoice, formats),
            columns: ColumnsView::of(&lines, catalog.fonts()),
            lines,
            allowances: side(&invoice.allowances, CodeList::AllowanceReasons),
            charges: side(&invoice.charges, CodeList::ChargeReasons),
            taxes: lines::taxes(&invoice.taxes, formats),
            totals: TotalsView::new(invoice, formats),
            payment: invoice
                .payment
                .as_ref()
                .map(|payment| PaymentView::new(payment, words, invoice)),
            notes: invoice
                .notes
                .iter()
                .map(|note| note.text.as_str())
                .collect(),
            attachments: invoice
                .attachments
                .iter()
                .map(|attachment| AttachmentView::new(attachment, formats))
                .collect(),
            formatted_extensions: extensions::formatted(&invoice.extensions, formats),
            extensions: &invoice.extensions,
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
