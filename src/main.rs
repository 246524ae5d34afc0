//! `invoice-worker`: see `invoice-worker --help`.

use std::process::ExitCode;

use invoice_worker::cli;
use mimalloc::MiMalloc;

/// Measured: less processor time than with glibc's, above all for writing PDFs (`docs/performance.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
