use std::fs;

use super::*;

/// A templates folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }
    root
}

fn load(files: &[(&str, &str)]) -> Result<Catalog, CatalogError> {
    Catalog::load(folder(files).path())
}

fn choose(catalog: &Catalog, name: &str, version: Option<&str>) -> Result<String, String> {
    let choice = TemplateChoice {
        name: name.into(),
        version: version.map(Into::into),
        paper: None,
    };
    let chosen = catalog.version(&choice);
    chosen
        .map(|template| template.folder.clone())
        .map_err(|error| error.to_string())
}

#[test]
fn a_template_reads_its_own_folder_and_the_shared_ones() {
    for path in ["/receipt/main.typ", "/lib/page.typ", "/fonts/a.ttf"] {
        assert!(may_read("receipt", path), "{path}");
    }
    for path in [
        "/invoice/main.typ",
        "/receipt@2/main.typ",
        "/receipt",
        "/request.json",
        "/brands/logo.svg",
        "receipt/main.typ",
        "/etc/passwd",
    ] {
        assert!(!may_read("receipt", path), "{path}");
    }
}

#[test]
fn a_request_gets_the_plain_folder_or_the_version_that_it_names() {
    let catalog = load(&[
        ("invoice/main.typ", "3"),
        (
            "invoice/template.json",
            r#"{"version": "3", "description": "a letter"}"#,
        ),
        ("invoice@2/main.typ", "2"),
        ("slip@1.9/main.typ", "1.9"),
        ("slip@1.10/main.typ", "1.10"),
    ])
    .expect("valid templates");
    let chosen = |name, version| choose(&catalog, name, version);
    assert_eq!(chosen("invoice", None).as_deref(), Ok("invoice"));
    assert_eq!(chosen("invoice", Some("3")).as_deref(), Ok("invoice"));
    assert_eq!(chosen("invoice", Some("2")).as_deref(), Ok("invoice@2"));
    assert_eq!(chosen("slip", None).as_deref(), Ok("slip@1.10"));
    let digest = catalog.templates["invoice@2"].short_digest();
    assert_eq!(chosen("invoice", Some(&digest)).as_deref(), Ok("invoice@2"));
    let unknown = chosen("invoice", Some("1")).expect_err("no such version");
    assert!(unknown.ends_with("expected one of 3, 2"), "{unknown}");
    let unknown = chosen("fancy", None).expect_err("no such template");
    assert!(
        unknown.ends_with("expected one of invoice, slip"),
        "{unknown}"
    );
}

#[test]
fn a_digest_covers_own_and_shared_files_and_nothing_else() {
    let files = |main, lib, other, sample| {
        load(&[
            ("a/main.typ", main),
            ("lib/x.typ", lib),
            ("b/main.typ", other),
            ("a/samples/one.json", sample),
        ])
        .expect("valid templates")
    };
    let digest = |catalog: Catalog| catalog.templates["a"].digest;
    let first = digest(files("1", "1", "1", "1"));
    assert_eq!(first, digest(files("1", "1", "2", "2")));
    assert_ne!(first, digest(files("2", "1", "1", "1")));
    assert_ne!(first, digest(files("1", "2", "1", "1")));
}

#[test]
fn a_folder_that_contradicts_itself_is_refused() {
    for (files, problem) in [
        (&[("lib/main.typ", "")][..], "has no template"),
        (
            &[("a b/main.typ", "")],
            "/a b: the folder's name is not valid",
        ),
        (
            &[
                ("a/main.typ", ""),
                ("a/template.json", r#"{"version": "v 1"}"#),
            ],
            "/a/template.json: version is \"v 1\", expected 1 to 64 ASCII letters",
        ),
        (
            &[("a/Main.typ", ""), ("a@1/main.typ", "")],
            "/a: has Main.typ, but no main.typ",
        ),
        (&[("a@/main.typ", "")], "the folder's name is not valid"),
        (
            &[
                ("a@2/main.typ", ""),
                ("a@2/template.json", r#"{"version": "3"}"#),
            ],
            "version is \"3\", expected \"2\"",
        ),
        (
            &[
                ("a@2/main.typ", ""),
                ("a/main.typ", ""),
                ("a/template.json", r#"{"version": "2"}"#),
            ],
            "/a@2/template.json: has the same name and version as the folder a",
        ),
        (
            &[
                ("a/main.typ", ""),
                ("a/template.json", r#"{"versoin": "3"}"#),
            ],
            "unknown field `versoin`",
        ),
        (
            &[("a/main.typ", ""), ("a/logo.png", "no image")],
            "a/logo.png: is no PNG image",
        ),
    ] {
        let error = load(files).expect_err(problem).to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn a_fingerprint_notices_every_change_of_the_folder() {
    let root = folder(&[("a/main.typ", "1")]);
    let main = root.path().join("a/main.typ");
    let first = fingerprint(&[root.path()]);
    assert_eq!(first, fingerprint(&[root.path()]));
    fs::write(root.path().join("a/.main.typ.swp"), "").expect("written");
    assert_eq!(
        first,
        fingerprint(&[root.path()]),
        "editors' files are none of it"
    );
    fs::write(&main, "1").expect("written");
    let written = fingerprint(&[root.path()]);
    assert_ne!(first, written, "written again");
    fs::rename(&main, root.path().join("a/other.typ")).expect("renamed");
    let renamed = fingerprint(&[root.path()]);
    assert_ne!(written, renamed);
    fs::remove_dir_all(root.path()).expect("removed");
    assert_ne!(renamed, fingerprint(&[root.path()]));
}

#[test]
fn links_are_followed_within_the_folder_only() {
    let root = folder(&[("..2026/main.typ", "1"), ("..2026/texts/en.json", "{}")]);
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, root.path().join(name)).expect("a link");
    };
    // As Kubernetes mounts a ConfigMap.
    link("..2026", "..data");
    link("..data", "receipt");
    let catalog = Catalog::load(root.path()).expect("links within the folder");
    assert!(catalog.files().contains_key("/receipt/main.typ"));
    // The folder itself may be a link.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let linked = elsewhere.path().join("templates");
    std::os::unix::fs::symlink(root.path(), &linked).expect("a link");
    Catalog::load(&linked).expect("a link to the folder");

    let secret = elsewhere.path().join("secret");
    fs::write(&secret, "secret").expect("written");
    let refused = |target: &str, name: &str, problem: &str| {
        link(target, name);
        let error = Catalog::load(root.path()).expect_err(target).to_string();
        assert!(error.contains(&format!("/{name}")), "{error}");
        assert!(error.contains(problem), "{error}");
        fs::remove_file(root.path().join(name)).expect("removed");
    };
    let outside = "leads out of the templates folder";
    refused("/proc/self/environ", "env.txt", outside);
    refused(secret.to_str().expect("UTF-8"), "secret.txt", outside);
    refused("/proc/self/root/etc/passwd", "passwd.txt", outside);
    refused("/etc", "etc", outside);
    refused("/dev/zero", "zero", outside);
    refused(".", "circle", "nested too deeply");
    Catalog::load(root.path()).expect("usable again");
}

#[test]
fn only_regular_files_of_a_bounded_size_are_read() {
    let root = folder(&[("receipt/main.typ", "1")]);
    let path = root.path().join("receipt/odd");
    let refused = |problem: &str| {
        let error = Catalog::load(root.path()).expect_err(problem).to_string();
        assert!(error.contains("/receipt/odd: "), "{error}");
        assert!(error.contains(problem), "{error}");
        fs::remove_file(&path).expect("removed");
        Catalog::load(root.path()).expect("usable again");
    };
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .expect("a FIFO");
    refused("is a FIFO, expected a regular file");
    let _socket = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    refused("is a socket, expected a regular file");
    let sparse = fs::File::create(&path).expect("a file");
    sparse.set_len(1 << 40).expect("a sparse file");
    refused("expected at most");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_json_file() {
    let catalog = load(&[
        ("slip/main.typ", ""),
        ("slip/template.json", "\u{feff}{\"version\": \"2\"}"),
        ("lib/texts/en.json", "\u{feff}{\"a\": \"A\"}"),
        ("brands/default.json", "\u{feff}{}"),
    ]);
    let catalog = catalog.expect("templates");
    assert_eq!(choose(&catalog, "slip", Some("2")), Ok("slip".into()));
    let mut templates = catalog.templates();
    assert_eq!(templates.next().expect("a template").languages, ["en"]);
}
