//! What an error of the object store says about other calls.

use std::time::Duration;

use super::StorageError;
use crate::outages::Server;
use crate::retry::Retryable;

impl Retryable for StorageError {
    const SERVER: Server = Server::Bucket;

    fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Server { .. } => true,
            Self::WriteInProgress
            | Self::BucketMissing(_)
            | Self::AccessDenied(_)
            | Self::ReadDenied(_)
            | Self::ClockWrong(_)
            | Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            | Self::ConditionRefused { .. }
            | Self::LockMissing(_)
            | Self::EncryptionIgnored
            | Self::NotFound
            | Self::Unordered
            | Self::Occupied
            | Self::Damaged
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Presign(_) => false,
        }
    }

    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Server { .. }
            | Self::WriteInProgress
            | Self::BucketMissing(_)
            | Self::AccessDenied(_)
            | Self::ReadDenied(_)
            | Self::ClockWrong(_)
            | Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            | Self::ConditionRefused { .. }
            | Self::LockMissing(_)
            | Self::EncryptionIgnored
            // Deleted between the put and the read: the next attempt writes it.
            | Self::NotFound => true,
            Self::Unordered
            | Self::Occupied
            | Self::Damaged
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Presign(_) => false,
        }
    }

    fn is_systemic(&self) -> bool {
        match self {
            Self::BucketMissing(_)
            | Self::AccessDenied(_)
            | Self::ClockWrong(_)
            | Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            | Self::ConditionRefused { .. }
            | Self::LockMissing(_)
            | Self::EncryptionIgnored => true,
            Self::Unreachable(_)
            | Self::Server { .. }
            | Self::ReadDenied(_)
            | Self::WriteInProgress
            | Self::Unordered
            | Self::NotFound
            | Self::Occupied
            | Self::Damaged
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Presign(_) => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Server { retry_after, .. } => *retry_after,
            Self::Unreachable(_)
            | Self::WriteInProgress
            | Self::BucketMissing(_)
            | Self::AccessDenied(_)
            | Self::ReadDenied(_)
            | Self::ClockWrong(_)
            | Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            | Self::ConditionRefused { .. }
            | Self::LockMissing(_)
            | Self::EncryptionIgnored
            | Self::Unordered
            | Self::NotFound
            | Self::Occupied
            | Self::Damaged
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Presign(_) => None,
        }
    }
}
