//! How far the operations of a patch may change a request: without a bound, a small patch could make it as large and as deep as
//! it likes.

use invoice::canonical::MAX_DEPTH;

use super::node::Node;
use super::pointer::Pointer;
use super::work::Work;

/// What the operations of a patch may still do to one request.
pub(super) struct Bounds {
    max_bytes: usize,
    left: usize,
    /// What they may read.
    pub(super) work: Work,
}

impl Bounds {
    /// All operations together may write so many bytes into a request of this length.
    pub(super) fn new(request_bytes: usize, max_bytes: usize) -> Self {
        Self {
            max_bytes,
            left: max_bytes,
            work: Work::new(request_bytes.saturating_add(max_bytes)),
        }
    }

    /// Counts a value that is written to this place, or says why it may not be.
    pub(super) fn write(&mut self, path: &Pointer, value: &Node<'_>) -> Result<(), String> {
        let max = self.max_bytes;
        // What is too large is not looked through for its depth.
        self.left = self.left.checked_sub(value.size()).ok_or_else(|| {
            format!("the patch writes more than {max} bytes into a request (REQUEST_MAX_BYTES)")
        })?;
        let depth = path.depth() + value.depth();
        if depth > MAX_DEPTH {
            return Err(format!(
                "the value at {path} would be nested {depth} levels deep, expected at most {MAX_DEPTH}"
            ));
        }
        Ok(())
    }
}
