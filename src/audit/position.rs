//! How far an audit has come.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// What an audit has looked at last. It looks at rows and objects by their keys first, then at rows without a key, then at
/// dead letters; each in an order that does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Everything up to this object key; the empty key is the beginning.
    Key(String),
    /// All keys, and the rows without one up to this id.
    Row(Uuid),
    /// All rows, and the dead letters up to this number.
    DeadLetter(i64),
}

impl Position {
    /// Before everything.
    pub const START: Self = Self::Key(String::new());
}

const KEY: &str = "key:";
const ROW: &str = "row:";
const DEAD_LETTER: &str = "dead-letter:";

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{KEY}{key}"),
            Self::Row(id) => write!(f, "{ROW}{id}"),
            Self::DeadLetter(id) => write!(f, "{DEAD_LETTER}{id}"),
        }
    }
}

impl FromStr for Position {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let row = || Some(Self::Row(text.strip_prefix(ROW)?.parse().ok()?));
        let letter = || {
            Some(Self::DeadLetter(
                text.strip_prefix(DEAD_LETTER)?.parse().ok()?,
            ))
        };
        let key = text.strip_prefix(KEY);
        key.map(|key| Self::Key(key.to_owned()))
            .or_else(row)
            .or_else(letter)
            .ok_or(
                "must be a position as an audit prints it: key:KEY, row:ID or dead-letter:NUMBER",
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_from_its_text() {
        for position in [
            Position::START,
            Position::Key("invoices/a/b/c/d/e.pdf".into()),
            Position::Row(Uuid::nil()),
            Position::DeadLetter(17),
        ] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for text in ["", "invoices/a", "row:1", "dead-letter:x"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }
}
