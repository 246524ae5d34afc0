//! `templates check`: everything that can be known of a template before the first request.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use futures_util::future::join_all;
use serde_json::Value;

use crate::app::App;
use crate::cli::error::WrongUsage;
use crate::output;
use document::catalog::Template;
use document::report::{self, Findings};
use document::samples::{self, SampleProblem};
use document::{Catalog, Pool, SampleFault};
use invoice::Invoice;

/// Set every sample in every language and with every brand, and tell what is wrong.
///
/// In renderer processes, with the worker's limits on time and memory. Looks also for texts that a language lacks. Ends
/// with 1 if something is wrong.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only the template of this name
    name: Option<String>,
}

/// A document to be set.
struct Trial {
    /// Language or brand that differs from the sample's own.
    variant: String,
    sample: String,
    invoice: Invoice,
}

impl Check {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let catalog = Arc::new(app.catalog()?);
        let templates: Vec<&Template> = catalog
            .templates()
            .filter(|template| {
                let wanted = self.name.as_ref();
                wanted.is_none_or(|name| [&template.name, &template.folder].contains(&name))
            })
            .collect();
        if templates.is_empty() {
            let name = self.name.as_deref().unwrap_or_default();
            return Err(WrongUsage(format!("there is no template {name:?}")).into());
        }
        let pool = Pool::start(app.pool_settings(), Arc::clone(&catalog)).await?;
        let mut wrong = 0;
        for template in templates {
            let faults = check(&catalog, &pool, template).await?;
            wrong += usize::from(faults);
        }
        anyhow::ensure!(wrong == 0, "templates with errors: {wrong}");
        Ok(())
    }
}

/// Tells whether there are errors.
async fn check(catalog: &Catalog, pool: &Pool, template: &Template) -> io::Result<bool> {
    let started = Instant::now();
    let mut errors = texts(catalog, template);
    let mut warnings = Findings::default();
    let trials = trials(catalog, template, &mut errors);
    let setting = trials.iter().map(async |trial| {
        let result = samples::set(catalog, pool, &trial.invoice).await;
        (trial, result)
    });
    for (trial, result) in join_all(setting).await {
        let place = format!("{}, {}", trial.sample, trial.variant);
        match result {
            Ok(pdf) => {
                for warning in &pdf.warnings {
                    let what = report::diagnostic("warning", warning, catalog);
                    warnings.add(what, &place);
                }
            }
            Err(error) => errors.add(report::render_error(&error, catalog), &place),
        }
    }
    for findings in [&warnings, &errors] {
        if !findings.is_empty() {
            output::note(format_args!("{findings}\n"));
        }
    }
    let verdict = match (errors.is_empty(), trials.is_empty()) {
        (false, _) => "has errors",
        (true, true) => "has no sample, so nothing was set",
        (true, false) => "ok",
    };
    writeln!(
        output::stdout(),
        "{} {}: {verdict}; {} documents in {} ms",
        template.folder,
        template.short_digest(),
        trials.len(),
        started.elapsed().as_millis()
    )?;
    Ok(!errors.is_empty())
}

/// Every sample in every language, and the first one with every brand.
fn trials(catalog: &Catalog, template: &Template, errors: &mut Findings) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut first = None;
    for (path, body) in catalog.samples(template) {
        let invoice = match samples::read(template, body) {
            Ok(invoice) => invoice,
            Err(invalid) => {
                let problem = SampleProblem::Request(invalid);
                let sample = path.to_owned();
                let fault = SampleFault { sample, problem };
                errors.add(fault.explain(catalog), path);
                continue;
            }
        };
        let mut add = |variant: String, invoice: &Invoice| {
            trials.push(Trial {
                variant,
                sample: path.to_owned(),
                invoice: invoice.clone(),
            });
        };
        // Not to have every font is no fault of a template.
        let has_font = |language: &str| {
            let mut without_font = template.without_font.iter();
            !without_font.any(|other| other.language == language)
        };
        add(format!("as it is ({})", invoice.locale), &invoice);
        for language in template
            .languages
            .iter()
            .filter(|language| has_font(language))
        {
            if let Ok(locale) = language.parse()
                && locale != invoice.locale
            {
                let mut other = invoice.clone();
                other.locale = locale;
                add(format!("language {language}"), &other);
            }
        }
        first.get_or_insert((path, invoice));
    }
    let Some((path, invoice)) = first else {
        return trials;
    };
    for brand in catalog.brands().names() {
        let mut other = invoice.clone();
        let (platform, shop) = brand.split_once('/').unwrap_or((brand, ""));
        other.identity.platform = platform.to_owned();
        other.identity.shop_id = shop.to_owned();
        trials.push(Trial {
            variant: format!("brand {brand}"),
            sample: path.to_owned(),
            invoice: other,
        });
    }
    trials
}

/// Texts that one language of a template has and another one lacks.
fn texts(catalog: &Catalog, template: &Template) -> Findings {
    let mut errors = Findings::default();
    let folder = format!("/{}/texts/", template.folder);
    let mut by_language: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for (path, content) in catalog.files() {
        let Some(language) = path.strip_prefix(&folder) else {
            continue;
        };
        match serde_json::from_slice::<serde_json::Map<String, Value>>(content) {
            Ok(texts) => {
                by_language.push((language, texts.into_iter().map(|(key, _)| key).collect()))
            }
            Err(error) => errors.add(format!("error: {error}"), path),
        }
    }
    let all: BTreeSet<&String> = by_language.iter().flat_map(|(_, keys)| keys).collect();
    for (language, keys) in &by_language {
        let missing: Vec<&str> = all
            .iter()
            .filter(|key| !keys.contains(**key))
            .map(|key| key.as_str())
            .collect();
        if !missing.is_empty() {
            let what = format!("error: no text for {}", missing.join(", "));
            errors.add(what, &format!("{}/texts/{language}", template.folder));
        }
    }
    errors
}
