//! Colour, logo and footer by shop.

use rustix::process::Signal;
use serde_json::json;

use super::{text, write};
use crate::documents::pages;
use crate::faults::templates::Templates;
use crate::harness::{Options, Program, World, samples};

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 10"><rect width="60" height="10" fill="#8a1c4a"/></svg>"##;

#[tokio::test(flavor = "multi_thread")]
async fn each_shop_gets_its_own_brand_and_the_record_says_which() {
    let world = World::new(Options::sqlite()).await;
    let templates = Templates::with(&[]);
    let platform = json!({ "accent": "#8a1c4a", "footer": "Everything by Nordlicht" });
    write(&templates, "brands/tiktok.json", platform.to_string());
    let shop =
        json!({ "logo": "tiktok/shop.svg", "logoAlt": "Seven", "footer": "Shop seven only" });
    write(&templates, "brands/tiktok/shop7.json", shop.to_string());
    write(&templates, "brands/tiktok/shop.svg", LOGO);
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;

    let mut digests = Vec::new();
    for (platform, shop, footer) in [
        ("tiktok", "shop7", Some("Shopsevenonly")),
        ("tiktok", "shop8", Some("EverythingbyNordlicht")),
        ("etsy", "shop7", None),
    ] {
        let mut request = samples::receipt();
        request["marketplace"]["platform"] = platform.into();
        request["marketplace"]["shopId"] = shop.into();
        world.publish(request.to_string()).await;
        let row = world.wait_for_document(&samples::identity(&request)).await;
        let pdf = world.object(&row.object_key.expect("a key")).await;
        let page = pages(&pdf).concat();
        for possible in ["Shopsevenonly", "EverythingbyNordlicht"] {
            let expected = footer == Some(possible);
            assert_eq!(page.contains(possible), expected, "{shop}: {page}");
        }
        digests.push((row.template_digest, row.brand_digest));
    }
    worker.stop().await;
    let (templates, mut brands): (Vec<_>, Vec<_>) = digests.into_iter().unzip();
    assert!(templates.iter().all(|digest| *digest == templates[0]));
    brands.dedup();
    assert_eq!(brands.len(), 3, "{brands:?}");
    assert!(brands.iter().all(Option::is_some), "{brands:?}");
}

#[tokio::test]
async fn a_brand_that_would_spoil_documents_keeps_the_worker_from_starting() {
    let world = World::new(Options::sqlite()).await;
    for (file, content, problem) in [
        (
            "brands/default.json",
            r##"{"accent": "#ffdd00"}"##,
            "contrast of 1.3 : 1 to white",
        ),
        (
            "brands/etsy.json",
            r#"{"logo": "gone.svg"}"#,
            "the file brands/gone.svg does not exist",
        ),
        (
            "brands/etsy.json",
            r#"{"logo": "../invoice/main.typ"}"#,
            "a logo must be inside brands/",
        ),
        (
            "brands/default.json",
            r#"{"accnt": "red"}"#,
            "unknown field `accnt`",
        ),
        (
            "brands/default.json",
            r#"{"font": "Nordlicht Sans"}"#,
            "font is \"Nordlicht Sans\", which no file has; the families are Noto Sans, ",
        ),
        (
            "brands/etsy.json",
            r##"{"tint": "#5f6b72"}"##,
            "tint #5f6b72 has a contrast of",
        ),
    ] {
        let templates = Templates::with(&[]);
        write(&templates, file, content);
        let folder = [("TEMPLATES_DIR", text(templates.path()))];
        let finished = world.program(&["worker"]).envs(folder).run().await;
        assert_eq!(finished.code, 2, "{finished:#?}");
        let printed = format!("error: {}/{file}:", text(templates.path()));
        assert!(finished.stderr.contains(&printed), "{finished:#?}");
        assert!(finished.stderr.contains(problem), "{finished:#?}");
    }
}

/// An image that can be decoded, and that no archivable PDF can have.
#[tokio::test(flavor = "multi_thread")]
async fn a_logo_that_no_document_can_have_is_found_before_work_begins() {
    let world = World::new(Options::sqlite()).await;
    let cjk = r##"<svg xmlns="http://www.w3.org/2000/svg" width="240" height="72" viewBox="0 0 240 72"><rect fill="#c81e1e"
        width="240" height="72"/><text x="20" y="48" font-size="36" fill="white">店铺 123</text></svg>"##;
    let cmyk = include_bytes!("../../data/brands/cmyk.jpg");
    for (name, content) in [("cmyk.jpg", &cmyk[..]), ("cjk.svg", cjk.as_bytes())] {
        let templates = Templates::with(&[]);
        let brand = json!({ "logo": name, "logoAlt": "Shop 1" });
        write(&templates, "brands/tiktok/shop1.json", brand.to_string());
        write(&templates, &format!("brands/{name}"), content);
        let folder = [("TEMPLATES_DIR", text(templates.path()))];
        for command in [&["worker"][..], &["templates", "check"]] {
            let run = world.program(command).envs(folder).run().await;
            assert_ne!(run.code, 0, "{run:#?}");
            let file = format!("brands/{name}");
            assert!(run.stderr.contains(&file), "{run:#?}");
            assert!(
                run.stderr.contains("the logo cannot be in a document: "),
                "{run:#?}"
            );
        }
        // A worker goes on with what it has.
        let sound = Templates::with(&[]);
        let mut worker = world.worker(&[("TEMPLATES_DIR", text(sound.path()))]).await;
        write(&sound, &format!("brands/{name}"), content);
        write(&sound, "brands/tiktok/shop1.json", brand.to_string());
        worker.signal(Signal::HUP);
        worker
            .emits_where("templates_refused", |refused| {
                refused.field_contains("error", name)
            })
            .await;
        world.publish(samples::receipt().to_string()).await;
        world
            .wait_for_document(&samples::identity(&samples::receipt()))
            .await;
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_footer_that_no_font_has_is_found_before_work_begins() {
    let world = World::new(Options::sqlite()).await;
    let templates = Templates::with(&[]);
    let brand = json!({ "footer": "Imprint: \u{a9a5}" });
    write(&templates, "brands/etsy.json", brand.to_string());
    let folder = [("TEMPLATES_DIR", text(templates.path()))];
    let run = world.program(&["worker"]).envs(folder).run().await;
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(
        run.stderr.contains("/brands/etsy.json: footer has"),
        "{run:#?}"
    );
    assert!(run.stderr.contains("FONTS_DIR"), "{run:#?}");
}

/// Its size is read before the fonts are known, and it is drawn with them.
#[tokio::test(flavor = "multi_thread")]
async fn letters_in_a_logo_are_drawn_without_a_warning() {
    let templates = Templates::with(&[]);
    let logo = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 10"><text y="8" font-size="8"
        font-family="Noto Sans">Wortmarke</text></svg>"##;
    write(&templates, "brands/logo.svg", logo);
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let sample = templates.path().join("invoice/samples/invoice-de.json");
    let run = Program::new(folder.path(), &["render", text(&sample), "-o", "out.pdf"])
        .envs([("TEMPLATES_DIR", text(templates.path()))])
        .run()
        .await;
    assert_eq!(run.stderr, "", "{run:#?}");
    run.succeeded();
    let pdf = std::fs::read(folder.path().join("out.pdf")).expect("a document");
    assert!(pages(&pdf)[0].contains("Wortmarke"), "{:?}", pages(&pdf));

    // Letters of a font that is not there are drawn in another one: that is said once, when the logo is loaded.
    write(
        &templates,
        "brands/logo.svg",
        logo.replace("Noto Sans", "Inter"),
    );
    let warning = "brands/logo.svg: names the font family \"Inter\", which no file has";
    let check = Program::new(folder.path(), &["templates", "check", "packing-slip"]);
    let checked = check
        .envs([("TEMPLATES_DIR", text(templates.path()))])
        .run()
        .await;
    assert_eq!(checked.stderr.matches(warning).count(), 1, "{checked:#?}");
    checked.succeeded();
    let world = World::new(Options::sqlite()).await;
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;
    worker.emits("logo_font_missing").await;
    world.publish(samples::invoice().to_string()).await;
    let identity = samples::identity(&samples::invoice());
    world.wait_for_document(&identity).await;
    worker.stop().await;
    assert_eq!(worker.events("logo_font_missing").len(), 1);
}
