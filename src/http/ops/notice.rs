//! What a page says about the action before it. The address has a code, so that no other site can have the page say something.

use axum::http::Uri;
use url::form_urlencoded;

/// The parameter with the code.
pub(super) const PARAMETER: &str = "notice";

macro_rules! notices {
    ($($(#[$doc:meta])+ $variant:ident = $code:literal, $text:literal;)+) => {
        /// What the last action has done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Notice {
            $($(#[$doc])+ $variant,)+
        }

        impl Notice {
            const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code in addresses.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What the page says.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

notices! {
    /// After `/sign-out`.
    SignedOut = "signed-out", "You are signed out.";
    /// Instead of an action whose session has ended.
    SessionEnded = "session-ended", "Your session has ended, and nothing was changed. Sign in again.";
    /// After `/test-invoice`.
    TestRequested = "test-requested", "The test invoice is requested.";
    /// After `/repairs/new`.
    RepairMade = "repair-made", "The repair is made. It is tried now, without effects.";
    /// After `/repairs/{id}/apply`.
    RepairApplied = "repair-applied", "The repair is applied: its dead letters are edited, and replayed then.";
    /// The same, where another person has to approve it.
    RepairWaits = "repair-waits", "The repair waits until another person approves it.";
    /// After `/repairs/{id}/approve`.
    RepairApproved = "repair-approved", "The repair is approved, and is applied now.";
    /// After `/repairs/{id}/cancel`.
    RepairCancelled = "repair-cancelled", "The repair is cancelled as soon as what is in work is done. What was edited stays edited.";
    /// After `/repairs/{id}/resume`.
    RepairResumed = "repair-resumed", "The repair goes on.";
    /// After an edit.
    LetterEdited = "letter-edited", "The new request is stored. A replay publishes it.";
    /// After an edit without a difference.
    LetterUnchanged = "letter-unchanged", "The dead letter has this request already; nothing was changed.";
    /// After one was discarded.
    LetterDiscarded = "letter-discarded", "The dead letter is discarded.";
    /// After all that match were discarded.
    LettersDiscarded = "letters-discarded", "The dead letters are discarded.";
    /// After a replay was created.
    ReplayCreated = "replay-created", "The replay is created, and runs as soon as a server is free for it.";
    /// After a replay was cancelled.
    ReplayCancelled = "replay-cancelled", "The replay is cancelled. One that runs stops after its batch.";
    /// After an erasure was created.
    ErasureCreated = "erasure-created", "The erasure is created, and runs as soon as a server is free for it.";
    /// After an erasure was cancelled.
    ErasureCancelled = "erasure-cancelled", "The erasure is cancelled. One that runs stops after the row that is in work.";
    /// After a replay was resumed.
    ReplayResumed = "replay-resumed", "The replay goes on.";
}

impl Notice {
    /// The notice of a code.
    pub(super) fn of(code: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|notice| notice.code() == code)
    }

    /// Takes the notice out of an address, so that pages see the parameters of their lists only.
    pub(super) fn take(uri: &mut Uri) -> Option<Self> {
        let query = uri.query().filter(|query| query.contains(PARAMETER))?;
        let is_notice = |pair: &&str| {
            let pair = form_urlencoded::parse(pair.as_bytes()).next();
            pair.is_some_and(|(name, _)| name == PARAMETER)
        };
        let (notices, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_notice);
        let code = notices.last().and_then(|pair| pair.split_once('='))?.1;
        let notice = Self::of(code);
        let rest = match others.join("&") {
            none if none.is_empty() => uri.path().to_owned(),
            others => format!("{}?{others}", uri.path()),
        };
        *uri = rest.parse().ok()?;
        notice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_a_code_that_the_program_knows() {
        for (address, notice, rest) in [
            ("/", None, "/"),
            ("/?notice=signed-out", Some(Notice::SignedOut), "/"),
            (
                "/a?b=c&notice=signed-out&d=e",
                Some(Notice::SignedOut),
                "/a?b=c&d=e",
            ),
            ("/a?notice=You+have+won", None, "/a"),
            ("/a?notice=%3Cb%3E&b=c", None, "/a?b=c"),
            ("/a?b=notice", None, "/a?b=notice"),
        ] {
            let mut uri: Uri = address.parse().expect("an address");
            assert_eq!(Notice::take(&mut uri), notice, "{address}");
            assert_eq!(uri.to_string(), rest);
        }
    }
}
