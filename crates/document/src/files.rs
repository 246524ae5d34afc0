//! Files of templates, in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Files by their path, which starts with a slash, as templates name them.
pub type Files = BTreeMap<String, Content>;

/// The content of a file. One that is borrowed is part of the program: that of the shipped file with the same path.
pub type Content = Cow<'static, [u8]>;
