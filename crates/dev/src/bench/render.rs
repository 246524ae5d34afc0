//! What a document costs when it is only rendered: no servers, no other process, one thread.

use std::time::Duration;

use serde_json::{Value, json};

use super::process::{own_time, resident_kib};
use super::requests::{self, Kind};
use document::{Catalog, Compiler, Pdf, RenderJob, TemplateSource};
use einvoice::EInvoice;
use invoice::Invoice;
use invoice_worker::e_invoices;

/// Documents before the first that counts: fonts are read and templates parsed by then.
const WARM_UP: usize = 20;

/// The processor time of one document, by what it is spent on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// From the message's bytes to the template's data: parsing, validating, adding up, making the e-invoice, formatting.
    pub parse: Duration,
    /// Laying out.
    pub layout: Duration,
    /// Writing the PDF, with its e-invoice.
    pub pdf: Duration,
    /// Everything, forgetting what the layout left behind included.
    pub total: Duration,
}

/// Renders documents in this process.
pub struct Bench {
    catalog: Catalog,
    compiler: Compiler,
}

/// What a document is made from.
pub struct Prepared {
    /// For the renderer.
    pub job: RenderJob,
    e_invoice: Option<(Invoice, EInvoice)>,
}

/// The result for one kind.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Which kind.
    pub kind: Kind,
    /// The median document, part by part.
    pub median: Cost,
    /// The mean of everything, which is what capacity follows.
    pub mean_total: Duration,
    /// Number of documents.
    pub documents: usize,
    /// Pages of the last one.
    pub pages: usize,
    /// Bytes of the last one.
    pub bytes: usize,
    /// Resident memory at the end, in KiB.
    pub resident_kib: u64,
}

impl Bench {
    /// Loads these templates, without further fonts.
    pub fn new(templates: &TemplateSource) -> anyhow::Result<Self> {
        let catalog = Catalog::load_from(&TemplateSource {
            fonts: None,
            ..templates.clone()
        })?;
        Ok(Self {
            compiler: Compiler::new(&catalog),
            catalog,
        })
    }

    /// Renders so many different documents of one kind, after a few that do not count.
    pub fn measure(&self, kind: Kind, documents: usize) -> anyhow::Result<Measured> {
        let warm_up = if kind == Kind::Long { 2 } else { WARM_UP };
        let mut costs = Vec::with_capacity(documents);
        let (mut pages, mut bytes) = (0, 0);
        for index in 0..warm_up + documents {
            let (cost, pdf) = self.document(kind, index)?;
            (pages, bytes) = (pdf.pages, pdf.bytes.len());
            if index >= warm_up {
                costs.push(cost);
            }
        }
        let median = |part: fn(&Cost) -> Duration| {
            let mut all: Vec<Duration> = costs.iter().map(part).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or_default()
        };
        let sum: Duration = costs.iter().map(|cost| cost.total).sum();
        Ok(Measured {
            kind,
            median: Cost {
                parse: median(|cost| cost.parse),
                layout: median(|cost| cost.layout),
                pdf: median(|cost| cost.pdf),
                total: median(|cost| cost.total),
            },
            mean_total: sum / u32::try_from(documents.max(1))?,
            documents,
            pages,
            bytes,
            resident_kib: resident_kib(std::process::id()),
        })
    }

    /// From a message's bytes to what the template is given.
    pub fn prepare(&self, body: &[u8]) -> anyhow::Result<Prepared> {
        let checked = e_invoices::check(body, usize::MAX)?;
        let invoice = checked.parsed.invoice?;
        Ok(Prepared {
            job: RenderJob::prepare(&self.catalog, &invoice)?,
            e_invoice: checked.e_invoice.map(|made| (invoice, made)),
        })
    }

    fn compile(&self, job: RenderJob) -> anyhow::Result<Pdf> {
        Ok(self
            .compiler
            .compile(&job.order, job.view, job.files, &job.facts)?)
    }

    /// One document, measured.
    fn document(&self, kind: Kind, index: usize) -> anyhow::Result<(Cost, Pdf)> {
        let body = requests::body(kind, index);
        let started = own_time();
        let Prepared { job, e_invoice } = self.prepare(&body)?;
        let prepared = own_time();
        let mut pdf = self.compile(job)?;
        let compiled = own_time();
        if let Some((invoice, e_invoice)) = &e_invoice {
            pdf.bytes = einvoice::embed(&pdf.bytes, invoice, e_invoice)?;
        }
        let embedded = own_time();
        // The compiler reports its parts by the wall clock; of two that follow each other at once, their proportion
        // is that of processor time too, but for the odd interruption, which the median drops.
        let compile = compiled - prepared;
        let parts = (pdf.layout + pdf.export).max(Duration::from_nanos(1));
        let layout = compile.mul_f64(pdf.layout.as_secs_f64() / parts.as_secs_f64());
        let cost = Cost {
            parse: prepared - started,
            layout,
            pdf: compile.saturating_sub(layout) + (embedded - compiled),
            total: embedded - started,
        };
        Ok((cost, pdf))
    }
}

impl Measured {
    /// For machines.
    pub fn to_json(&self) -> Value {
        json!({
            "kind": self.kind.name(),
            "documents": self.documents,
            "cpu_ms": milliseconds(self.median.total),
            "cpu_ms_mean": milliseconds(self.mean_total),
            "parse_ms": milliseconds(self.median.parse),
            "layout_ms": milliseconds(self.median.layout),
            "pdf_ms": milliseconds(self.median.pdf),
            "pages": self.pages,
            "bytes": self.bytes,
            "resident_mib": self.resident_kib / 1024,
        })
    }

    /// For people: one line of a table.
    pub fn to_row(&self) -> String {
        let [total, parse, layout, pdf] = [
            self.median.total,
            self.median.parse,
            self.median.layout,
            self.median.pdf,
        ]
        .map(|time| format!("{:.2}", milliseconds(time)));
        format!(
            "{:<9} {total:>8} {parse:>7} {layout:>8} {pdf:>7} {:>9.0} {:>6} {:>8} {:>8}",
            self.kind.name(),
            1.0 / self.mean_total.as_secs_f64().max(1e-9),
            self.pages,
            self.bytes / 1024,
            self.resident_kib / 1024,
        )
    }

    /// The head of that table.
    pub const HEADER: &str =
        "document    cpu ms   parse   layout     pdf    /core s  pages      KiB  RSS MiB";
}

/// Rounded to microseconds.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
