use super::*;

fn files(texts: &[(&str, &str)]) -> Files {
    let file = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec().into());
    texts.iter().map(file).collect()
}

#[test]
fn texts_of_a_template_go_before_the_shared_ones() {
    let mut files = files(&[
        ("/lib/texts/und.json", r#"{"c": "C"}"#),
        ("/lib/texts/en.json", r#"{"a": "A", "b": "B"}"#),
        ("/lib/texts/de.json", r#"{"a": "Ä", "b": "B"}"#),
        ("/lib/texts/de-AT.json", r#"{"b": "P"}"#),
        ("/lib/texts/fr.json", r#"{"a": "À", "b": "B"}"#),
        ("/slip/texts/en.json", r#"{"d": "D"}"#),
        ("/slip/texts/de.json", r#"{"a": "Ae", "d": "D"}"#),
    ]);
    let lacking = complete(&mut files, &["slip".to_owned()]).expect("texts");
    let texts = files
        .keys()
        .filter_map(|path| path.strip_prefix("/slip/texts/"));
    assert_eq!(
        texts.collect::<Vec<_>>(),
        ["de-AT.json", "de.json", "en.json"]
    );
    let austrian: Value = serde_json::from_slice(&files["/slip/texts/de-AT.json"]).expect("JSON");
    let expected = serde_json::json!({"a": "Ae", "b": "P", "c": "C", "d": "D"});
    assert_eq!(austrian, expected);
    // French is not a language of this template, and the reason is known.
    let reason = r#"/slip/texts: has de, en only; add fr.json with "d" to offer fr"#;
    assert_eq!(lacking["slip"]["fr"].to_string(), reason);
}

#[test]
fn a_file_with_other_content_is_named_in_the_error() {
    for (path, content, problem) in [
        ("/a/texts/en.json", "{", "/a/texts/en.json:1:1: not JSON"),
        ("/a/texts/english.json", "{}", "a language tag of BCP 47"),
        ("/a/texts/en.json", "[]", "is a list, expected an object"),
        ("/lib/words/en.json", "{", "not JSON"),
        (
            "/lib/words/en.json",
            r#"{"unit": {}}"#,
            "unknown field `unit`",
        ),
        (
            "/lib/words/en.json",
            r#"{"units": {"C62": 1}}"#,
            "expected a string",
        ),
        (
            "/lib/words/en.json",
            r#"{"units": []}"#,
            "expected an object",
        ),
    ] {
        let mut files = files(&[(path, content)]);
        let error = complete(&mut files, &["a".to_owned()]).expect_err("refused");
        let error = error.to_string();
        assert!(error.starts_with(path), "{error}");
        assert!(error.contains(problem), "{error}");
    }
}
