//! The greatest lengths of texts, in characters. Each follows from where the text comes from.

/// A text of one line: a name, a reference, an identifier, a part of an address, a reason. Shopify, and most databases of
/// shops, keep 255 characters of each.
pub const TEXT: usize = 255;

/// Name of an item: Shopify's title and the title of the variant, of 255 characters each, with ` - ` between them.
pub const ITEM_NAME: usize = 2 * TEXT + 3;

/// E-mail address: a path of 256 octets without its brackets (RFC 5321, 4.5.3.1.3).
pub const EMAIL: usize = 254;

/// A text that may have line breaks: a note, terms of payment, the description of an item. Shopify's notes on orders have up to
/// 5,000 characters.
pub const LINES: usize = 5_000;

/// Reason of a tax exemption: the wording of a law, of which the longest of the VATEX list has 290 characters.
pub const REASON: usize = 500;
