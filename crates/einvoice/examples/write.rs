//! Writes the XML of requests, for validators: `write [--syntax ubl|cii] [--profile NAME] REQUEST.json OUT.xml ...`, or paths on
//! lines of the standard input. With `--embed` there are four paths for each: `REQUEST.json OUT.xml DOCUMENT.pdf OUT.pdf`. A
//! request that is refused gets its problems on the standard error.

use std::io::BufRead as _;

use einvoice::{EInvoice, Syntax};
use invoice::model::EInvoiceProfile;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut syntax, mut profile, mut paths, mut count) = (None, None, Vec::new(), 2);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--syntax" => syntax = arguments.next(),
            "--embed" => count = 4,
            "--profile" => profile = arguments.next(),
            _ => paths.push(argument),
        }
    }
    if paths.is_empty() {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            paths.extend(line.split_whitespace().map(ToOwned::to_owned));
        }
    }
    let syntax = syntax.map(|name| Syntax::from_name(&name).expect("ubl or cii"));
    let profile =
        profile.map(|name| EInvoiceProfile::from_name(&name).expect("a name of a profile"));
    let mut is_failed = false;
    for paths in paths.chunks_exact(count) {
        if let Err(problems) = write(paths, profile, syntax) {
            eprintln!("{}: {problems}", paths[0]);
            is_failed = true;
        }
    }
    u8::from(is_failed).into()
}

fn write(
    paths: &[String],
    profile: Option<EInvoiceProfile>,
    syntax: Option<Syntax>,
) -> Result<(), String> {
    let body = std::fs::read(&paths[0]).map_err(|error| error.to_string())?;
    let parsed = invoice::parse(&body, 64 << 20).map_err(|error| error.to_string())?;
    let invoice = parsed.invoice.map_err(|error| error.to_string())?;
    let profile = profile.or(invoice.e_invoice);
    let profile = profile.ok_or("no eInvoice in the request and no --profile")?;
    let e_invoice = EInvoice::of(&invoice, profile, syntax).map_err(|error| error.to_string())?;
    std::fs::write(&paths[1], &e_invoice.xml).map_err(|error| error.to_string())?;
    let [_, _, pdf, out] = paths else {
        return Ok(());
    };
    let pdf = std::fs::read(pdf).map_err(|error| error.to_string())?;
    let hybrid = einvoice::embed(&pdf, &invoice, &e_invoice).map_err(|error| error.to_string())?;
    std::fs::write(out, hybrid).map_err(|error| error.to_string())
}
