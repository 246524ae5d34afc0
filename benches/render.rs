//! What a document costs, in two parts: `cargo bench`. No two documents are alike.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use divan::Bencher;
use invoice_worker::bench::render::Bench;
use invoice_worker::bench::requests::{self, Kind};

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    Bench::new(Path::new("templates")).expect("the templates in the working directory")
});

/// The next request of a kind.
fn body(kind: Kind) -> Vec<u8> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    requests::body(kind, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// From a message's bytes to what the template is given.
#[divan::bench(args = Kind::ALL)]
fn parse(bencher: Bencher<'_, '_>, kind: Kind) {
    let bench = &*BENCH;
    bencher
        .with_inputs(|| body(kind))
        .bench_local_values(|body| bench.prepare(&body).expect("a valid request"));
}

/// From there to the PDF.
#[divan::bench(args = Kind::ALL, max_time = 10)]
fn compile(bencher: Bencher<'_, '_>, kind: Kind) {
    let bench = &*BENCH;
    bencher
        .with_inputs(|| bench.prepare(&body(kind)).expect("a valid request"))
        .bench_local_values(|job| bench.compile(job).expect("a document"));
}

fn main() {
    divan::main();
}
