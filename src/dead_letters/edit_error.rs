//! Why a dead letter is not edited.

use invoice::{ClaimedIdentity, InvalidRequest};

use crate::database::DatabaseError;

/// An edit that changes the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Until then.
    pub from: ClaimedIdentity,
    /// Since.
    pub to: ClaimedIdentity,
}

/// Why nothing was edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no dead letter of this number.
    #[error("there is no dead letter {0}")]
    Unknown(i64),
    /// It was replayed or discarded.
    #[error("dead letter {id} is {status}; only open ones can be edited")]
    NotOpen {
        /// The dead letter.
        id: i64,
        /// `replayed` or `discarded`.
        status: &'static str,
    },
    /// The new request is not valid.
    #[error("the new request is not valid and would fail again; --force stores it all the same")]
    Invalid(InvalidRequest),
    /// The new request is about another invoice, which was not asked for.
    #[error(
        "the new request of dead letter {id} is about another invoice: it was {}, and is {} now; \
         if that is meant, --change-identity (changeIdentity of the API) stores it",
        moved.from,
        moved.to
    )]
    OtherIdentity {
        /// The dead letter.
        id: i64,
        /// The identities.
        moved: Box<Moved>,
    },
    /// It changed since it was read.
    #[error("dead letter {0} was changed by someone else at the same time; nothing was edited")]
    Overtaken(i64),
    /// A replay has read it and publishes it: what was edited now would be published as it was.
    #[error("replay {replay} is publishing dead letter {id} at this moment; nothing was edited")]
    Claimed {
        /// The dead letter.
        id: i64,
        /// The replay that has claimed it.
        replay: i64,
    },
    /// Another dead letter has the same message id, code and content.
    #[error(
        "dead letter {other} is the same message with this content; replay that one and discard {id}"
    )]
    SameAs {
        /// The dead letter that was to be edited.
        id: i64,
        /// The one that has this content.
        other: i64,
    },
    /// Its properties or headers are not the JSON that the archive writes.
    #[error("the properties or headers of dead letter {0} cannot be read")]
    Unreadable(i64),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
