//! Writes the XML of requests, for validators: `write [--syntax ubl|cii] [--profile NAME] REQUEST.json OUT.xml ...`, or pairs of
//! paths on lines of the standard input. A request that is refused gets its problems on the standard error.

use std::io::BufRead as _;

use einvoice::{EInvoice, Syntax};
use invoice::model::EInvoiceProfile;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut syntax, mut profile, mut paths) = (None, None, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--syntax" => syntax = arguments.next(),
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
    for pair in paths.chunks_exact(2) {
        if let Err(problems) = write(&pair[0], &pair[1], profile, syntax) {
            eprintln!("{}: {problems}", pair[0]);
            is_failed = true;
        }
    }
    u8::from(is_failed).into()
}

fn write(
    request: &str,
    out: &str,
    profile: Option<EInvoiceProfile>,
    syntax: Option<Syntax>,
) -> Result<(), String> {
    let body = std::fs::read(request).map_err(|error| error.to_string())?;
    let parsed = invoice::parse(&body, 64 << 20).map_err(|error| error.to_string())?;
    let invoice = parsed.invoice.map_err(|error| error.to_string())?;
    let profile = profile.or(invoice.e_invoice);
    let profile = profile.ok_or("no eInvoice in the request and no --profile")?;
    let e_invoice = EInvoice::of(&invoice, profile, syntax).map_err(|error| error.to_string())?;
    std::fs::write(out, e_invoice.xml).map_err(|error| error.to_string())
}
