use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::catalog::Catalog;

const LOGO: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"/>"#;

/// A catalog with a template, a shared file and a brand.
fn catalog() -> Catalog {
    let root = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in [
        ("a/main.typ", "1"),
        ("a/texts/de.json", r#"{"total": "Summe"}"#),
        ("a/samples/one.json", "{}"),
        ("b/main.typ", "2"),
        ("lib/x.typ", "3"),
        ("lib/texts/en.json", r#"{"total": "Total"}"#),
        (
            "brands/default.json",
            r#"{"logo": "logo.svg", "footer": "A line"}"#,
        ),
        ("brands/logo.svg", LOGO),
    ] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }
    Catalog::load(root.path()).expect("a catalog")
}

fn template(catalog: &Catalog) -> TemplateManifest {
    let template = catalog.templates().next().expect("a template");
    TemplateManifest::of(catalog, template, &[], "1").expect("a manifest")
}

fn contents(catalog: &Catalog, manifest: &TemplateManifest) -> Vec<Vec<u8>> {
    let paths = manifest.contents().map(|file| &file.path);
    paths.map(|path| catalog.files()[path].to_vec()).collect()
}

#[test]
fn a_template_comes_back_with_all_that_its_documents_depend_on() {
    let catalog = catalog();
    let manifest = template(&catalog);
    let paths: Vec<_> = manifest.contents().map(|file| &*file.path).collect();
    // Texts are complete: what they inherit may change with the program.
    assert_eq!(
        paths,
        [
            "/a/main.typ",
            "/a/texts/de.json",
            "/a/texts/en.json",
            "/lib/texts/en.json",
            "/lib/x.typ",
        ]
    );
    let digest = manifest.digest.to_string();
    let back = TemplateManifest::parse(&manifest.json(), &digest).expect("the manifest");
    assert_eq!(back, manifest);
    let kept = back.open(contents(&catalog, &manifest)).expect("a catalog");
    let (old, new) = (catalog.with_digest(&digest), kept.with_digest(&digest));
    let (old, new) = (old.expect("a template"), new.expect("a template"));
    assert_eq!((&old.folder, &old.languages), (&new.folder, &new.languages));
    assert_eq!(kept.templates().count(), 1);
}

#[test]
fn a_template_is_opened_with_the_brands_of_another_catalog() {
    let catalog = catalog();
    let manifest = template(&catalog);
    let digest = manifest.digest.to_string();
    let files = || {
        let paths = manifest.files().map(|file| &file.path);
        paths.map(|path| catalog.files()[path].to_vec()).collect()
    };
    let opened = manifest.open_beside(files(), &catalog).expect("a catalog");
    assert!(opened.with_digest(&digest).is_some());
    assert_eq!(opened.templates().count(), 1);
    let brand = |catalog: &Catalog| catalog.brands().named("default");
    assert!(brand(&catalog).logo.is_some());
    assert_eq!(brand(&opened), brand(&catalog));

    let mut damaged: Vec<Vec<u8>> = files();
    damaged[0] = b"4".to_vec();
    let error = manifest.open_beside(damaged, &catalog);
    let error = error.expect_err("damaged").to_string();
    assert!(
        error.starts_with("/a/main.typ has other content"),
        "{error}"
    );
    let error = manifest.open_beside(Vec::new(), &catalog);
    error.expect_err("nothing");
}

#[test]
fn a_manifest_proves_its_files_and_they_their_content() {
    let catalog = catalog();
    let manifest = template(&catalog);
    let digest = manifest.digest.to_string();
    let error = TemplateManifest::parse(&manifest.json(), &Sha256Digest::of(b"").to_string());
    let error = error.expect_err("another digest").to_string();
    assert!(
        error.contains("is of the template with the digest"),
        "{error}"
    );

    let refused = |change: &dyn Fn(&mut Value)| {
        let mut json: Value = serde_json::from_slice(&manifest.json()).expect("JSON");
        change(&mut json);
        let result = TemplateManifest::parse(json.to_string().as_bytes(), &digest);
        result.expect_err("refused").to_string()
    };
    let other = json!({ "path": "/a/x.typ", "sha256": digest, "sizeBytes": 1 });
    for (field, value, problem) in [
        ("path", json!("/a/../b/main.typ"), "has the path"),
        ("path", json!("/a/.hidden"), "has the path"),
        ("path", json!("a/main.typ"), "has the path"),
        ("path", json!("/a//main.typ"), "has the path"),
        ("path", json!("/a/x\\y"), "has the path"),
        (
            "path",
            json!("/b/main.typ"),
            "which its template cannot read",
        ),
        ("path", json!("/brands/x"), "which its template cannot read"),
        ("path", json!("/a/y.typ"), "has other files"),
        ("sha256", json!("00"), "is not a SHA-256 digest"),
        ("sizeBytes", json!(1_u64 << 40), "with more than"),
        ("sizeBytes", json!(-1), "is not JSON as expected"),
    ] {
        let mut file = other.clone();
        file[field] = value;
        let error = refused(&|json| {
            json["files"]
                .as_array_mut()
                .expect("files")
                .push(file.clone());
        });
        assert!(error.contains(problem), "{file}: {error}");
    }
    let error = refused(&|json| json["format"] = 2.into());
    assert!(error.contains("of a later version"), "{error}");
    let error = refused(&|json| json["files"][0]["sha256"] = digest.clone().into());
    assert!(error.contains("has other files"), "{error}");
    let error = refused(&|json| json["fonts"] = vec![other.clone(); 10_001].into());
    assert!(error.contains("more than 10000 files"), "{error}");
    let error = refused(&|json| {
        let mut font = other.clone();
        font["sizeBytes"] = (60 << 20).into();
        json["fonts"] = vec![font; 5].into();
    });
    assert!(error.contains("bytes in all"), "{error}");

    let mut damaged = contents(&catalog, &manifest);
    damaged[0] = b"4".to_vec();
    let error = manifest.open(damaged).expect_err("damaged").to_string();
    assert!(
        error.starts_with("/a/main.typ has other content"),
        "{error}"
    );
    let error = manifest.open(Vec::new()).expect_err("nothing").to_string();
    assert!(
        error.starts_with("/a/main.typ has other content"),
        "{error}"
    );
}

#[test]
fn a_brand_comes_back_with_its_logo_and_nothing_else() {
    let catalog = catalog();
    let brand = catalog.brands().named("default");
    let manifest = BrandManifest::of(&catalog, &brand, "1").expect("a brand");
    let digest = brand.digest.expect("a digest").to_string();
    let parse = |json: &[u8]| BrandManifest::parse(json, &digest);
    let back = parse(&manifest.json()).expect("the manifest");
    let kept = back.open(Some(LOGO.into())).expect("a brand");
    assert_eq!(kept.brand, brand);
    let logo = kept.logo.expect("a logo");
    assert_eq!(
        (&*logo.path, &*logo.bytes),
        ("/brands/logo.svg", LOGO.as_bytes())
    );

    let json = String::from_utf8(manifest.json()).expect("UTF-8");
    let forged = json.replace("A line", "B line");
    assert_ne!(json, forged);
    let error = parse(forged.as_bytes()).expect_err("forged").to_string();
    assert!(error.contains("is of the brand with the digest"), "{error}");
    let other = LOGO.replace("40", "41");
    let error = manifest.clone().open(Some(other.into()));
    let error = error.expect_err("damaged").to_string();
    assert!(
        error.starts_with("/brands/logo.svg has other content"),
        "{error}"
    );

    // One whose digest is right, and which no folder can have.
    let forge = |brand: &str, path: &str, content: &str| {
        let logo = Sha256Digest::of(content.as_bytes());
        let digest = crate::catalog::brand::digest_of(brand.as_bytes(), Some(logo));
        let manifest = json!({
            "format": 1,
            "digest": digest,
            "program": "1",
            "brand": brand,
            "logo": { "path": path, "sha256": logo, "sizeBytes": content.len() },
        });
        BrandManifest::parse(manifest.to_string().as_bytes(), &digest.to_string())
            .and_then(|manifest| manifest.open(Some(content.into())))
            .expect_err("refused")
            .to_string()
    };
    for (brand, path, content, problem) in [
        (
            r#"{"logo": "/lib/x.svg"}"#,
            "/lib/x.svg",
            LOGO,
            "logo is /lib/x.svg",
        ),
        (
            r#"{"logo": "/brands/a.svg"}"#,
            "/brands/b.svg",
            LOGO,
            "is not the one that is kept",
        ),
        (
            r#"{"logo": "/brands/a.svg"}"#,
            "/brands/a.svg",
            "<svg",
            "is no SVG image",
        ),
        (
            r#"{"logo": "/brands/../a.svg"}"#,
            "/brands/../a.svg",
            LOGO,
            "has the path",
        ),
        (
            r##"{"accent": "#ffffff", "logo": "/brands/a.svg"}"##,
            "/brands/a.svg",
            LOGO,
            "contrast",
        ),
        (
            r#"{"later": 1, "logo": "/brands/a.svg"}"#,
            "/brands/a.svg",
            LOGO,
            "unknown field",
        ),
    ] {
        let error = forge(brand, path, content);
        assert!(error.contains(problem), "{brand}: {error}");
    }
}
