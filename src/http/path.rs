//! Parts of a path: the identity of an invoice, or a number.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use invoice::InvoiceIdentity;
use invoice::identity::PARTS;

use super::problem::{Code, Problem};

/// The five parts, in the order of the object key.
pub(super) struct Identity(pub(super) InvoiceIdentity);

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = RawPathParams::from_request_parts(parts, state).await;
        let given = given.map_err(|_| {
            let detail = "a part of the path is not UTF-8 after decoding";
            Problem::new(Code::ParameterInvalid, detail)
        })?;
        let given: Vec<&str> = given.iter().map(|(_, value)| value).collect();
        let parts: [&str; 5] = given.try_into().map_err(|_| {
            let detail = format!("the path has to have {}", PARTS.join(", "));
            Problem::new(Code::ParameterInvalid, detail)
        })?;
        InvoiceIdentity::from_parts(parts)
            .map(Self)
            .map_err(|invalid| {
                let detail = format!("{} {}", invalid.name(), invalid.problem());
                Problem::new(Code::ParameterInvalid, detail)
            })
    }
}

/// So many parts of a path, as texts.
pub(super) struct Texts<const COUNT: usize>(pub(super) [String; COUNT]);

impl<S: Send + Sync, const COUNT: usize> FromRequestParts<S> for Texts<COUNT> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = RawPathParams::from_request_parts(parts, state).await;
        let given = given.ok();
        let texts = given.map(|given| {
            let texts = given.iter().map(|(_, value)| value.to_owned());
            texts.collect::<Vec<_>>()
        });
        let texts = texts.and_then(|texts| texts.try_into().ok());
        texts.map(Self).ok_or_else(|| {
            let detail = "a part of the path is not UTF-8 after decoding";
            Problem::new(Code::ParameterInvalid, detail)
        })
    }
}

/// The number of a dead letter or a replay.
pub(super) struct Number(pub(super) i64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = RawPathParams::from_request_parts(parts, state).await;
        let given = given.ok();
        let number = given
            .as_ref()
            .and_then(|given| given.iter().next()?.1.parse().ok());
        number
            .filter(|number| *number > 0)
            .map(Self)
            .ok_or_else(|| {
                let detail = "the path has to have a whole number from 1";
                Problem::new(Code::ParameterInvalid, detail)
            })
    }
}
