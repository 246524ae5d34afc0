use super::*;

/// Most bytes that the patches of these tests write.
const MAX_BYTES: usize = 40_000;

fn patched(request: &str, patch: &str) -> Result<String, String> {
    let patch = Patch::parse(patch.as_bytes()).map_err(|error| error.to_string())?;
    let patched = patch.apply(request.as_bytes(), MAX_BYTES);
    let patched = patched.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(patched).expect("UTF-8"))
}

/// The examples of RFC 6902, appendix A.
#[test]
fn a_json_patch_does_what_its_rfc_says() {
    for (request, patch, expected) in [
        (
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/baz","value":"qux"}]"#,
            r#"{"foo":"bar","baz":"qux"}"#,
        ),
        (
            r#"{"foo":["bar","baz"]}"#,
            r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            r#"{"foo":["bar","qux","baz"]}"#,
        ),
        (
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"remove","path":"/baz"}]"#,
            r#"{"foo":"bar"}"#,
        ),
        (
            r#"{"foo":["bar","qux","baz"]}"#,
            r#"[{"op":"remove","path":"/foo/1"}]"#,
            r#"{"foo":["bar","baz"]}"#,
        ),
        (
            r#"{"baz":"qux"}"#,
            r#"[{"op":"replace","path":"/baz","value":null}]"#,
            r#"{"baz":null}"#,
        ),
        (
            r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
        ),
        (
            r#"{"foo":["all","grass","cows","eat"]}"#,
            r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            r#"{"foo":["all","cows","eat","grass"]}"#,
        ),
        (
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2.0}]"#,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
        ),
        (
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/child","value":{"grandchild":{}},"xyz":1}]"#,
            r#"{"foo":"bar","child":{"grandchild":{}}}"#,
        ),
        (
            r#"{"/":9,"~1":10}"#,
            r#"[{"op":"test","path":"/~01","value":10}]"#,
            r#"{"/":9,"~1":10}"#,
        ),
        (
            r#"{"foo":["bar"]}"#,
            r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            r#"{"foo":["bar",["abc","def"]]}"#,
        ),
        (
            r#"{"a":{"b":1}}"#,
            r#"[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]"#,
            r#"{"a":{"b":1},"c":{"b":2}}"#,
        ),
        (r#"{"a":1}"#, r#"[{"op":"add","path":"","value":{}}]"#, "{}"),
    ] {
        assert_eq!(patched(request, patch).as_deref(), Ok(expected), "{patch}");
    }
}

/// The examples of RFC 7396, appendix A.
#[test]
fn a_merge_patch_does_what_its_rfc_says() {
    for (request, patch, expected) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":{"b":"d","c":null}}"#,
            r#"{"a":{"b":"d"}}"#,
        ),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        assert_eq!(patched(request, patch).as_deref(), Ok(expected), "{patch}");
    }
}

#[test]
fn what_a_patch_does_not_touch_keeps_its_bytes() {
    let request = r#"{ "z": { "n": 123456789012345678901234567890 , "m": 1.50 },
        "a": "Zo\u00eb" }"#;
    let expected =
        r#"{"z":{ "n": 123456789012345678901234567890 , "m": 1.50 },"a":"Zo\u00eb","b":2.00}"#;
    assert_eq!(patched(request, r#"{"b":2.00}"#).as_deref(), Ok(expected));
    let operation = r#"[{"op":"add","path":"/b","value":2.00}]"#;
    assert_eq!(patched(request, operation).as_deref(), Ok(expected));
}

#[test]
fn a_patch_that_does_not_fit_says_why() {
    for (request, patch, expected) in [
        (
            r#"{"a":1}"#,
            r#"[{"op":"remove","path":"/a"},{"op":"remove","path":"/b/c"}]"#,
            "operation 2 of the patch does not fit: there is nothing at /b/c",
        ),
        (
            r#"{"a":1}"#,
            r#"[{"op":"test","path":"/a","value":2}]"#,
            "operation 1 of the patch does not fit: /a has another value than the patch expects",
        ),
        (
            r#"{"a":[1]}"#,
            r#"[{"op":"add","path":"/a/2","value":2}]"#,
            "operation 1 of the patch does not fit: /a/2 is no place in an array of 1",
        ),
        (
            r#"{"a":[1]}"#,
            r#"[{"op":"replace","path":"/a/00","value":2}]"#,
            "operation 1 of the patch does not fit: there is nothing at /a/00",
        ),
        (
            "{",
            r#"{"a":1}"#,
            "the request is not JSON, so no patch fits it",
        ),
    ] {
        assert_eq!(patched(request, patch), Err(expected.to_owned()), "{patch}");
    }
}

#[test]
fn a_test_compares_values_and_not_their_spelling() {
    let tested = |found: &str, expected: &str| {
        let request = format!(r#"{{"a":{found}}}"#);
        let patch = format!(r#"[{{"op":"test","path":"/a","value":{expected}}}]"#);
        patched(&request, &patch).map(|unchanged| assert_eq!(unchanged, request))
    };
    for (found, expected) in [
        ("1.50", "1.5"),
        ("1", "1.0"),
        ("18446744073709551616", "18446744073709551616.0"),
        (r#""Zo\u00eb""#, r#""Zoë""#),
        (
            r#"{"b":[1, null],"c":{"d":true,"e":"f"}}"#,
            r#"{"c":{"e":"f","d":true},"b":[1.0,null]}"#,
        ),
    ] {
        assert_eq!(tested(found, expected), Ok(()), "{found} {expected}");
    }
    for (found, expected) in [
        ("18446744073709551616", "18446744073709551617"),
        ("9007199254740993", "9007199254740992.0"),
        ("1e400", "1"),
        ("1", r#""1""#),
        ("[]", "{}"),
        ("[1]", "[1,1]"),
        ("null", "false"),
        (r#"{"b":1}"#, r#"{"c":1}"#),
        (r#"{"b":[{"c":1}]}"#, r#"{"b":[{"c":2}]}"#),
    ] {
        let error = tested(found, expected).expect_err(found);
        let other = "/a has another value than the patch expects";
        assert!(error.ends_with(other), "{found} {expected}: {error}");
    }
    let error = tested(r#""\ud83d""#, r#""x""#).expect_err("half a character");
    let problem = "/a cannot be compared: a text cannot be read: ";
    assert!(error.contains(problem), "{error}");
}

/// Nothing is taken for absent that only cannot be read.
#[test]
fn a_part_of_a_request_that_cannot_be_read_is_an_error() {
    let request = r#"{"a":{"\ud83d":1,"x":2}}"#;
    for patch in [r#"[{"op":"remove","path":"/a/x"}]"#, r#"{"a":{"x":3}}"#] {
        let error = patched(request, patch).expect_err(patch);
        let problem = "an object or array cannot be read: ";
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn a_small_patch_cannot_make_a_request_large() {
    let doubled = |name: usize| format!(r#"{{"op":"copy","from":"","path":"/{name}"}}"#);
    let doubled: Vec<String> = (0..40).map(doubled).collect();
    let patch = format!("[{}]", doubled.join(","));
    let error = patched(r#"{"a":0}"#, &patch).expect_err("too large");
    let expected =
        "of the patch does not fit: the patch writes more than 40000 bytes into a request";
    assert!(error.contains(expected), "{error}");
    let large = format!(
        r#"[{{"op":"add","path":"/b","value":"{}"}}]"#,
        "x".repeat(MAX_BYTES)
    );
    let error = patched(r#"{"a":0}"#, &large).expect_err("too large");
    assert!(error.contains(expected), "{error}");
    let fits = r#"[{"op":"copy","from":"/a","path":"/b"},{"op":"move","from":"/a","path":"/c"}]"#;
    let request = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_BYTES / 2 - 2));
    assert!(patched(&request, fits).is_ok());
}

/// What is empty once it was taken apart has a size, too.
#[test]
fn a_patch_cannot_double_what_is_empty_without_end() {
    let mut operations = vec![
        r#"{"op":"add","path":"","value":[[]]}"#,
        r#"{"op":"add","path":"/0/-","value":1}"#,
        r#"{"op":"remove","path":"/0/0"}"#,
    ];
    operations.extend(vec![r#"{"op":"copy","from":"","path":"/-"}"#; 40]);
    let patch = format!("[{}]", operations.join(","));
    let error = patched("{}", &patch).expect_err("too large");
    assert!(error.contains("writes more than 40000 bytes"), "{error}");
}

#[test]
fn a_patch_cannot_read_without_end() {
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_BYTES));
    let test = format!(
        r#"{{"op":"test","path":"/a","value":"{}"}}"#,
        "x".repeat(MAX_BYTES)
    );
    let tests = |count: usize| format!("[{}]", vec![test.as_str(); count].join(","));
    assert_eq!(patched(&large, &tests(6)), Ok(large.clone()));
    // The request is opened once, each comparison reads its value and that of the patch.
    let limit = 8 * (large.len() + MAX_BYTES);
    let expected = format!("the patch reads more than {limit} bytes and members of a request");
    let error = patched(&large, &tests(20)).expect_err("too much");
    assert!(error.starts_with("operation 8 of the patch"), "{error}");
    assert!(error.contains(&expected), "{error}");

    // Many members are looked through for each short path.
    let members: Vec<String> = (0..5_000).map(|n| format!(r#""{n}":0"#)).collect();
    let wide = format!("{{{}}}", members.join(","));
    let last = r#"{"op":"test","path":"/4999","value":0}"#;
    let patch = format!("[{}]", vec![last; 1_000].join(","));
    let error = patched(&wide, &patch).expect_err("too much");
    assert!(error.contains("the patch reads more than"), "{error}");
    let error = patched(&wide, &wide).expect_err("too much");
    assert!(
        error.starts_with("the patch does not fit: the patch reads more than"),
        "{error}"
    );

    // One operation for each item of a long array is a usual patch.
    let lines = format!("[{}]", vec![r#"{"a":1,"b":2}"#; 1_000].join(","));
    let each = |n: usize| format!(r#"{{"op":"replace","path":"/{n}/a","value":3}}"#);
    let each: Vec<String> = (0..1_000).map(each).collect();
    let changed = patched(&lines, &format!("[{}]", each.join(",")));
    assert_eq!(changed, Ok(lines.replace(r#""a":1"#, r#""a":3"#)));
}

#[test]
fn a_small_patch_cannot_nest_a_request_deeply() {
    let wrapped = r#"{"op":"add","path":"/b","value":{}},{"op":"move","from":"/a","path":"/b/a"},{"op":"move","from":"/b","path":"/a"}"#;
    let patch = format!("[{}]", vec![wrapped; 100].join(","));
    let error = patched(r#"{"a":0}"#, &patch).expect_err("too deep");
    let expected = "would be nested 65 levels deep, expected at most 64";
    assert!(error.ends_with(expected), "{error}");
    let nested = |levels: usize| {
        let value = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        patched(
            "{}",
            &format!(r#"[{{"op":"add","path":"/a","value":{value}}}]"#),
        )
    };
    assert!(nested(63).is_ok());
    let error = nested(64).expect_err("too deep");
    assert!(error.ends_with(expected), "{error}");
    let brackets = format!(
        r#"[{{"op":"add","path":"/a","value":"\\\"{}"}}]"#,
        "[".repeat(100)
    );
    assert!(patched("{}", &brackets).is_ok());
}

#[test]
fn a_patch_that_is_none_is_refused() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    let long = format!(r#"[{{"op":"remove","path":"{}"}}]"#, "/a".repeat(200));
    for (patch, expected) in [
        ("7", "the patch is a number, expected an array"),
        ("{", "the patch is not JSON: EOF"),
        ("{}", "the patch is empty"),
        ("[]", "the patch is empty"),
        (
            r#"[{"op":"add","path":"/a"}]"#,
            "operation 1 of the patch: value is missing",
        ),
        (
            r#"[{"op":"set","path":"/a"}]"#,
            "operation 1 of the patch: op is \"set\", expected add",
        ),
        (
            r#"[{"op":"remove","path":"a"}]"#,
            "operation 1 of the patch: \"a\" is no JSON pointer",
        ),
        (
            r#"[{"op":"remove","path":"/a~2b"}]"#,
            "operation 1 of the patch: \"/a~2b\" is no JSON pointer: expected 0 (for ~) or 1",
        ),
        (
            r#"[{"op":"remove","path":"/a~"}]"#,
            "operation 1 of the patch: \"/a~\" is no JSON pointer",
        ),
        (
            r#"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            "operation 1 of the patch: /a cannot be moved into itself",
        ),
        (&deep, "the patch is not JSON: recursion limit"),
        (
            &long,
            "operation 1 of the patch: a JSON pointer has 200 parts",
        ),
    ] {
        let error = Patch::parse(patch.as_bytes()).expect_err(patch).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_patch_that_changes_nothing_leaves_every_byte() {
    let request = br#"{ "a" : [ 1.50, " \" x " ] ,
        "b" : { "c" : null } }"#;
    for patch in [
        r#"{"totals": null}"#,
        r#"{"b": {"d": null}}"#,
        r#"[{"op": "replace", "path": "/a/0", "value": 1.50}]"#,
        r#"[{"op": "test", "path": "/b/c", "value": null}]"#,
    ] {
        let patch = Patch::parse(patch.as_bytes()).expect("a patch");
        let patched = patch.apply(request, 1_000).expect("it fits");
        assert_eq!(patched, request, "{patch:?}");
    }
    let spaces = Patch::parse(br#"[{"op": "replace", "path": "/a/1", "value": " \" x"}]"#);
    let patched = spaces.expect("a patch").apply(request, 1_000);
    let patched = String::from_utf8(patched.expect("it fits")).expect("UTF-8");
    assert!(
        patched.contains(r#"" \" x""#),
        "white space within a text counts: {patched}"
    );
}
