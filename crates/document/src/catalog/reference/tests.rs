use std::fmt::Write as _;

use crate::catalog::languages::complete;
use crate::files::Files;

/// What is wrong with a folder of these files, one line each, with a template `slip`.
fn faults(changes: &[(&str, &str)]) -> String {
    let shared = [
        ("lib/texts/und.json", r#"{"range": "{from} – {to}"}"#),
        (
            "lib/texts/en.json",
            r#"{"due": "Due", "page": "Page {page} of {pages}", "tax": "Tax {rate}"}"#,
        ),
        (
            "lib/texts/de.json",
            r#"{"due": "Fällig", "page": "Seite {page} von {pages}", "tax": "{rate} USt."}"#,
        ),
        ("lib/texts/de-AT.json", r#"{"tax": "{rate} MwSt."}"#),
        (
            "lib/texts/it.json",
            r#"{"due": "Scade", "page": "Pagina {page} di {pages}", "tax": "IVA {rate}"}"#,
        ),
        ("lib/words/und.json", r#"{"units": {"KGM": "kg"}}"#),
        (
            "lib/words/en.json",
            r#"{"units": {"C62": "pc", "DAY": "days"}, "code-of-list": {"units": "Unit {code}"}}"#,
        ),
        (
            "lib/words/de.json",
            r#"{"units": {"C62": "Stk.", "DAY": "Tage"}, "code-of-list": {"units": "Einheit {code}"}}"#,
        ),
        (
            "lib/words/it.json",
            r#"{"units": {"C62": "pz.", "DAY": "giorni"}, "code-of-list": {"units": "Unità {code}"}}"#,
        ),
    ];
    let files = shared.iter().chain(changes);
    let mut files: Files = files
        .map(|(path, content)| (format!("/{path}"), content.as_bytes().to_vec().into()))
        .collect();
    files.retain(|_, content| **content != *b"removed");
    let mut lines = String::new();
    match complete(&mut files, &["slip".to_owned()]) {
        Ok(_) => {}
        Err(crate::CatalogError::Files(faults)) => {
            for fault in faults {
                writeln!(lines, "{fault}").expect("a string");
            }
        }
        Err(other) => lines = other.to_string(),
    }
    lines
}

#[track_caller]
fn check(changes: &[(&str, &str)], expected: &str) {
    assert_eq!(faults(changes).trim_end(), expected);
}

const GREETING: (&str, &str) = ("slip/texts/en.json", r#"{"greeting": "Hello {name}"}"#);

#[test]
fn files_that_agree_have_no_faults() {
    check(&[], "");
    // Keys of a template's own, in some languages; a dialect that has what differs.
    let german = (
        "slip/texts/de.json",
        r#"{"greeting": "Hallo {name}", "due": "Bis"}"#,
    );
    let austrian = ("slip/texts/de-AT.json", r#"{"greeting": "Servus {name}"}"#);
    check(&[GREETING, german, austrian], "");
    // Words that the page does not need, in all languages.
    check(&[("slip/words/und.json", r#"{"units": {"C62": ""}}"#)], "");
    // One language alone is its own reference.
    let only = |path| (path, "removed");
    check(
        &[
            only("lib/texts/en.json"),
            only("lib/texts/it.json"),
            only("lib/words/en.json"),
            only("lib/words/it.json"),
        ],
        "",
    );
}

#[test]
fn a_key_that_a_language_lacks_is_named_with_its_file() {
    check(
        &[(
            "lib/texts/it.json",
            r#"{"page": "Pagina {page} di {pages}", "tax": "IVA {rate}"}"#,
        )],
        r#"/lib/texts/it.json: lacks "due", which en.json has"#,
    );
    check(
        &[("lib/texts/it.json", "{}")],
        r#"/lib/texts/it.json: lacks "due", "page", "tax", which en.json has"#,
    );
    check(
        &[GREETING, ("slip/texts/de.json", r#"{"due": "Bis"}"#)],
        r#"/slip/texts/de.json: lacks "greeting", which en.json has"#,
    );
    check(
        &[(
            "lib/words/it.json",
            r#"{"units": {"C62": "pz."}, "code-of-list": {"units": "{code}"}}"#,
        )],
        r#"/lib/words/it.json: lacks units "DAY", which en.json has"#,
    );
    check(
        &[("lib/words/it.json", "removed")],
        "/lib/words/it.json: does not exist, and lib/texts/it.json does: a language needs words for codes; start from a \
         copy of en.json",
    );
    check(
        &[("lib/texts/en.json", "removed")],
        "/lib/texts/en.json: does not exist: the keys and placeholders of the other languages are compared with it",
    );
}

/// A label that an author adds, in English and in one more language.
#[test]
fn a_key_that_many_languages_lack_is_one_fault_and_belongs_to_all_of_them() {
    let texts = |word: &str| {
        format!(r#"{{"due": "{word}", "page": "{{page}} {{pages}}", "tax": "{{rate}}"}}"#)
    };
    let with = |word: &str| texts(word).replacen('{', r#"{"deposit": "x", "#, 1);
    let (english, german, other) = (with("Due"), with("Fällig"), texts("X"));
    let others = ["es", "fr", "nl", "pl"].map(|tag| {
        let path = format!("lib/texts/{tag}.json");
        let words = format!("lib/words/{tag}.json");
        let same = r#"{"units": {"C62": "x", "DAY": "x"}, "code-of-list": {"units": "{code}"}}"#;
        [(path, other.clone()), (words, same.to_owned())]
    });
    let others = others.iter().flatten();
    let mut changes: Vec<(&str, &str)> = others
        .map(|(path, content)| (path.as_str(), content.as_str()))
        .collect();
    changes.push(("lib/texts/en.json", &english));
    changes.push(("lib/texts/de.json", &german));
    check(
        &changes,
        "/lib/texts/en.json:1:2: \"deposit\" is in 1 of the 6 other languages; add it to the rest (es, fr, it, nl, pl), or move \
         it to und.json, whose text the languages without one of their own have",
    );
    // What the message advises.
    let (english, root) = (
        texts("Due"),
        r#"{"range": "{from} – {to}", "deposit": "Deposit"}"#,
    );
    changes.retain(|(path, _)| *path != "lib/texts/en.json");
    changes.push(("lib/texts/en.json", &english));
    changes.push(("lib/texts/und.json", root));
    check(&changes, "");
}

#[test]
fn an_unknown_key_is_named_with_the_key_that_was_meant() {
    check(
        &[(
            "lib/texts/it.json",
            "{\"due\": \"Scade\", \"pgae\": \"Pagina {page} di {pages}\",\n  \"tax\": \"IVA {rate}\"}",
        )],
        r#"/lib/texts/it.json:1:18: unknown key "pgae"; en.json has "page""#,
    );
    check(
        &[("lib/texts/de-AT.json", "{\n  \"taxx\": \"{rate} MwSt.\"}")],
        r#"/lib/texts/de-AT.json:2:3: unknown key "taxx"; en.json has "tax""#,
    );
    check(
        &[(
            "lib/words/de.json",
            r#"{"units": {"C26": "Stk.", "DAY": "Tage"}, "code-of-list": {"units": "{code}"}}"#,
        )],
        r#"/lib/words/de.json:1:12: unknown key units "C26"; en.json has units "C62""#,
    );
    check(
        &[("slip/texts/de.json", r#"{"farewell": "Tschüs"}"#)],
        r#"/slip/texts/de.json:1:2: unknown key "farewell"; a key of every language has to be in slip/texts/en.json, too"#,
    );
    check(
        &[("slip/texts/de.json", r#"{"taxes": "Steuern {rate}"}"#)],
        r#"/slip/texts/de.json:1:2: unknown key "taxes"; lib/texts/en.json has "tax""#,
    );
}

#[test]
fn where_all_other_languages_agree_the_reference_is_wrong() {
    check(
        &[(
            "lib/texts/en.json",
            r#"{"deu": "Due", "page": "Page {pgae} of {pages}", "tax": "Tax {rate}"}"#,
        )],
        "/lib/texts/en.json: lacks \"due\", which the 2 other languages have\n\
         /lib/texts/en.json:1:2: \"deu\" is in none of the 2 other languages; they have \"due\"\n\
         /lib/texts/en.json:1:16: \"page\" has {pages} {pgae}, but the 2 other languages have {page} {pages}",
    );
}

#[test]
fn placeholders_are_those_of_the_reference() {
    let italian = |page: &str, expected: &str| {
        let content =
            format!("{{\"due\": \"Scade\", \"tax\": \"IVA {{rate}}\",\n \"page\": \"{page}\"}}");
        check(&[("lib/texts/it.json", &content)], expected);
    };
    italian("{pages}: {page}", "");
    italian(
        "Pagina {foo} di 1",
        r#"/lib/texts/it.json:2:2: "page" has {foo}, en.json has {page} {pages}"#,
    );
    italian(
        "Pagina",
        r#"/lib/texts/it.json:2:2: "page" has no placeholder, en.json has {page} {pages}"#,
    );
    italian(
        "Pagina {page} di {pages} {page}",
        r#"/lib/texts/it.json:2:2: "page" has {page} {page} {pages}, en.json has {page} {pages}"#,
    );
    italian(
        "Pagina {page di {pages}",
        r#"/lib/texts/it.json:2:2: "page" has a { without a } after it, en.json has {page} {pages}"#,
    );
    italian(
        "Pagina page} di {pages}",
        r#"/lib/texts/it.json:2:2: "page" has a } without a { before it, en.json has {page} {pages}"#,
    );
    italian(
        "",
        r#"/lib/texts/it.json:2:2: "page" is empty, en.json has {page} {pages}"#,
    );
    check(
        &[("slip/texts/en.json", r#"{"greeting": "Hello {name"}"#)],
        r#"/slip/texts/en.json:1:2: "greeting" has a { without a } after it"#,
    );
    check(
        &[
            GREETING,
            ("slip/texts/de.json", r#"{"greeting": ["Hallo"]}"#),
        ],
        r#"/slip/texts/de.json:1:2: "greeting" is a list, en.json has {name}"#,
    );
    // Codes of languages that a template replaces in English only are still those of `lib`.
    check(
        &[("slip/texts/en.json", r#"{"page": "Page {n}"}"#)],
        "/slip/texts/en.json:1:2: \"page\" has {n}, but this template has the text of lib in de, with {page} {pages}: add \
         its own text for de",
    );
    let german = ("slip/texts/de.json", r#"{"page": "Seite {n}"}"#);
    let italian = ("slip/texts/it.json", r#"{"page": "Pagina {n}"}"#);
    check(
        &[
            ("slip/texts/en.json", r#"{"page": "Page {n}"}"#),
            german,
            italian,
        ],
        "",
    );
    check(
        &[german],
        r#"/slip/texts/de.json:1:2: "page" has {n}, lib/texts/en.json has {page} {pages}"#,
    );
}
