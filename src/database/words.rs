//! Words of texts, for searches that read no table as a whole.
//!
//! A row has its words beside it, in lower case and between spaces: ` zoë miller `. PostgreSQL has them in an index, and SQLite
//! looks through the column; both find the same. A text that is looked for matches where all its words are, the last of which
//! may be the beginning of a word.

mod column;
mod split;

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{DbBackend, Value};

use self::column::Column;
use self::split::words;

/// What a column of words has for these texts: each word once, as far as there is room.
pub(super) fn column<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    Column::of(texts)
}

/// The same for a dead letter: the words of its detail and of its request. Where that is JSON, these are those of its values,
/// however its letters are written. What is compressed has no words.
pub(super) fn of_dead_letter(detail: &str, payload: &[u8]) -> String {
    if let Some(words) = Column::of_json(detail, payload) {
        return words;
    }
    match std::str::from_utf8(payload) {
        Ok(text) => column([detail, text]),
        Err(_) => column([detail]),
    }
}

/// The words of a column that are in ASCII, for a database whose encoding lacks a character.
pub(super) fn in_ascii(words: &str) -> String {
    column(words.split(' ').filter(|word| word.is_ascii()))
}

/// Of a row whose column has all words of this text; of none where the text has no word.
pub(super) fn contain(column: &str, text: &str, backend: DbBackend) -> Expr {
    let words: Vec<String> = words(text).collect();
    let Some((last, whole)) = words.split_last() else {
        return Expr::cust("1 = 0");
    };
    if backend == DbBackend::Postgres {
        let condition = format!(
            r#"array_to_tsvector(array_remove(string_to_array("{column}", ' '), '')) @@ CAST($1 AS tsquery)"#
        );
        return Expr::cust_with_values(condition, [query(whole, last)]);
    }
    let like = |pattern: String| {
        let condition = format!(r#""{column}" LIKE ? ESCAPE '\'"#);
        Expr::cust_with_values(condition, [Value::from(pattern)])
    };
    let beginning = like(format!("% {}%", literal(last)));
    let whole = whole.iter().map(|word| format!("% {} %", literal(word)));
    whole.map(like).fold(beginning, |all, one| all.and(one))
}

/// The same for rows that are read in the order of a list. PostgreSQL is kept from the index of words, which may find most of the
/// table: how many rows have the beginning of an id, it can only guess.
pub(super) fn read(condition: Expr, backend: DbBackend) -> Expr {
    if backend == DbBackend::Postgres {
        return Expr::cust_with_exprs("($1) IS TRUE", [condition]);
    }
    condition
}

/// A query of PostgreSQL for whole words and the beginning of one. Words have neither quotes nor backslashes.
fn query(whole: &[String], last: &str) -> String {
    let whole = whole.iter().map(|word| format!("'{word}' & "));
    let mut query: String = whole.collect();
    query.push_str(&format!("'{last}':*"));
    query
}

/// Of a column whose text begins with this one, whatever the case of letters.
pub(super) fn begins(column: &str, text: &str, backend: DbBackend) -> Expr {
    let pattern = format!("{}%", literal(&text.to_lowercase()));
    let text = if backend == DbBackend::Postgres {
        format!(r#"lower("{column}")"#)
    } else {
        format!(r#""{column}""#)
    };
    like(&text, pattern, backend)
}

/// Of a row in which this expression matches a pattern.
pub(super) fn like(text: &str, pattern: String, backend: DbBackend) -> Expr {
    let condition = if backend == DbBackend::Postgres {
        format!("{text} LIKE $1")
    } else {
        format!(r"{text} LIKE ? ESCAPE '\'")
    };
    Expr::cust_with_values(condition, [pattern])
}

/// Text in which `LIKE` sees no wildcard.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::column::ROW_BYTES;
    use super::split::WORD_CHARS;
    use super::*;

    #[test]
    fn a_text_is_its_words() {
        for (text, expected) in [
            ("ORD-2026-0001", &["ord-2026-0001"][..]),
            (
                "/buyer/taxId: is 'x' (BR-CO-15)",
                &["buyer", "taxid", "is", "x", "br-co-15"],
            ),
            ("a_b a\\b \0a\u{7f} -5", &["a_b", "a", "b", "a", "5"]),
            (
                "Ünal ศรีสุข «商店有限公司»\u{3000}株式会社",
                &["ünal", "ศรีสุข", "商店有限公司", "株式会社"],
            ),
            ("- % -- '&|!:*()<->\" ~ _", &[]),
            ("", &[]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn operators_of_a_query_are_no_part_of_it() {
        let contain = |text: &str| {
            let words: Vec<String> = words(text).collect();
            words.split_last().map(|(last, whole)| query(whole, last))
        };
        for (text, expected) in [
            ("Ord-1", Some("'ord-1':*")),
            ("a & !b:*|'c\\", Some("'a' & 'b' & 'c':*")),
            ("&|!:*", None),
        ] {
            assert_eq!(contain(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_column_has_each_word_once_and_a_bound() {
        assert_eq!(column(["b a", "A c"]), " b a c ");
        assert_eq!(column([]), " ");
        let long = "x".repeat(300);
        assert_eq!(column([&*long]), format!(" {} ", "x".repeat(WORD_CHARS)));
        let many: Vec<String> = (0..100_000).map(|word| word.to_string()).collect();
        let column = column(many.iter().map(String::as_str));
        assert!(
            column.len() <= ROW_BYTES && column.ends_with(' '),
            "{}",
            column.len()
        );
    }

    #[test]
    fn a_request_has_the_words_of_its_values_however_they_are_written() {
        for (payload, expected) in [
            (
                &br#"{"a":{"b":["Zo\u00eb\nMiller",7,true,null]}}"#[..],
                " d zoë miller 7 true ",
            ),
            (br#"{"broken Zo"#, " d broken zo "),
            (&[0x1f, 0x8b, 0xff], " d "),
        ] {
            assert_eq!(of_dead_letter("d", payload), expected);
        }
    }

    #[test]
    fn a_large_request_of_small_values_is_not_read_to_its_end() {
        // Numbers that differ fill the column; those that are alike would never.
        let numbers = |number: &dyn Fn(usize) -> usize| {
            let numbers: Vec<String> = (0..400_000)
                .map(|index| number(index).to_string())
                .collect();
            // Without its end it is no JSON, and only what is read to the end would show that.
            format!("[{}", numbers.join(","))
        };
        let words = of_dead_letter("d", numbers(&|index| index).as_bytes());
        assert!(words.starts_with(" d 0 1 2 ") && words.len() <= ROW_BYTES);
        let words = of_dead_letter("d", numbers(&|_| 7).as_bytes());
        assert_eq!(words, " d 7 ");
        let text = "7 ".repeat(400_000) + "never";
        assert_eq!(of_dead_letter("d", text.as_bytes()), " d 7 ");
    }

    #[test]
    fn wildcards_are_texts() {
        assert_eq!(literal(r"100%_\a"), r"100\%\_\\a");
    }
}
