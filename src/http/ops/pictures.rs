//! Small pictures of samples, and contact sheets of them, rendered once and kept in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Semaphore;

/// Pictures that are kept. The shipped templates have half as many samples.
const MOST: usize = 64;

/// All of them together, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// The pictures, and who may render one.
pub(super) struct Pictures {
    /// The one that was made last comes last.
    kept: Mutex<VecDeque<(String, Bytes)>>,
    /// Samples are rendered one by one, so that a page full of them leaves renderers for previews.
    turn: Semaphore,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }
}

impl Pictures {
    /// The picture with this name, which `make` makes where it is not kept.
    pub(super) async fn get<E>(
        &self,
        name: &str,
        make: impl AsyncFnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Bytes, E> {
        if let Some(kept) = self.kept(name) {
            return Ok(kept);
        }
        // The semaphore is never closed.
        let _turn = self.turn.acquire().await;
        // Another visitor may have had it made meanwhile.
        if let Some(kept) = self.kept(name) {
            return Ok(kept);
        }
        let picture = Bytes::from(make().await?);
        self.keep(name, picture.clone());
        Ok(picture)
    }

    /// The picture with this name, where it is kept.
    pub(super) fn kept(&self, name: &str) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(kept, _)| kept == name);
        found.map(|(_, picture)| picture.clone())
    }

    /// Keeps a picture.
    pub(super) fn keep(&self, name: &str, picture: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(kept, _)| kept != name);
        kept.push_back((name.to_owned(), picture));
        let size = |kept: &VecDeque<(String, Bytes)>| {
            let sizes = kept.iter().map(|(_, picture)| picture.len());
            sizes.sum::<usize>()
        };
        while kept.len() > MOST || size(&kept) > MOST_BYTES {
            kept.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(pictures: &Pictures, name: &str, size: usize) -> (usize, bool) {
        let mut is_made = false;
        let picture = pictures.get::<()>(name, async || {
            is_made = true;
            Ok(vec![0; size])
        });
        let length = picture.await.expect("a picture").len();
        (length, is_made)
    }

    #[tokio::test]
    async fn a_picture_is_made_once_and_the_oldest_ones_are_forgotten() {
        let pictures = Pictures::default();
        assert_eq!(get(&pictures, "first", 3).await, (3, true));
        assert_eq!(get(&pictures, "first", 4).await, (3, false));
        for index in 0..MOST {
            let made = get(&pictures, &format!("{index}"), 1).await;
            assert_eq!(made, (1, true), "{index}");
        }
        assert_eq!(get(&pictures, "first", 5).await, (5, true));
        let large = get(&pictures, "large", MOST_BYTES - 1).await;
        assert_eq!(large, (MOST_BYTES - 1, true));
        assert_eq!(get(&pictures, "0", 1).await, (1, true));
        assert_eq!(get(&pictures, "first", 6).await, (6, true));
    }

    #[tokio::test]
    async fn what_cannot_be_made_is_tried_again() {
        let pictures = Pictures::default();
        let failed = pictures.get("one", async || Err("broken")).await;
        assert_eq!(failed, Err("broken"));
        assert_eq!(get(&pictures, "one", 2).await, (2, true));
    }
}
