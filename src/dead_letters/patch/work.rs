//! How much a patch may read: without a bound, a patch of a megabyte could compare the same large value for hours.

/// Bytes and members that a patch may read, for each byte of the request and of what the patch may write into it. A comparison reads
/// each level of a value again: a whole request of the largest size can be compared once or twice, a usual one hundreds of times.
const READS_PER_BYTE: usize = 8;

/// What a patch may still read of one request.
pub(super) struct Work {
    max: usize,
    left: usize,
}

impl Work {
    /// For a request and what is written into it, of so many bytes together.
    pub(super) fn new(bytes: usize) -> Self {
        let max = bytes.saturating_mul(READS_PER_BYTE);
        Self { max, left: max }
    }

    /// Counts bytes that are read, or members and items that are passed, before that is done.
    pub(super) fn read(&mut self, count: usize) -> Result<(), String> {
        let max = self.max;
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            format!(
                "the patch reads more than {max} bytes and members of a request: compare smaller values, or use fewer \
                 operations"
            )
        })?;
        Ok(())
    }
}
