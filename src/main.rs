//! `invoice-worker`: see `invoice-worker --help`.

use std::process::ExitCode;

use invoice_worker::cli;

fn main() -> ExitCode {
    cli::main()
}
