//! Colour, logo and footer by shop.

use serde_json::json;

use super::{text, write};
use crate::documents::pages;
use crate::faults::templates::Templates;
use crate::harness::{Options, World, samples};

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 10"><rect width="60" height="10" fill="#8a1c4a"/></svg>"##;

#[tokio::test(flavor = "multi_thread")]
async fn each_shop_gets_its_own_brand_and_the_record_says_which() {
    let world = World::new(Options {
        sqlite: true,
        ..Options::default()
    })
    .await;
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
    let world = World::new(Options {
        sqlite: true,
        ..Options::default()
    })
    .await;
    for (file, content, problem) in [
        (
            "brands/default.json",
            r##"{"accent": "#ffdd00"}"##,
            "contrast of 1.3 : 1 to white",
        ),
        (
            "brands/etsy.json",
            r#"{"logo": "gone.svg"}"#,
            "the file /brands/gone.svg does not exist",
        ),
        (
            "brands/default.json",
            r#"{"accnt": "red"}"#,
            "unknown field `accnt`",
        ),
    ] {
        let templates = Templates::with(&[]);
        write(&templates, file, content);
        let folder = [("TEMPLATES_DIR", text(templates.path()))];
        let finished = world.program(&["worker"]).envs(folder).run().await;
        assert_eq!(finished.code, 2, "{finished:#?}");
        let printed = format!("TEMPLATES_DIR: /{file}: ");
        assert!(finished.stderr.contains(&printed), "{finished:#?}");
        assert!(finished.stderr.contains(problem), "{finished:#?}");
    }
}
