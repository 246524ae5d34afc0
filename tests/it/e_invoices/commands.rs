//! `render`, `render-again` and previews make what a worker stores.

use invoice_worker::contract::CONTENT_TYPE;
use serde_json::Value;

use super::{EMBEDDED, PEPPOL, generated, path, request};
use crate::harness::{Options, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_render_gives_the_bytes_that_a_worker_stores() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    for profile in [EMBEDDED[0], EMBEDDED[1], PEPPOL] {
        let request = request(profile, profile);
        let row = generated(&world, &request).await;
        let stored = world
            .object(row.object_key.as_deref().expect("a key"))
            .await;
        let input = world.path("request.json");
        std::fs::write(&input, request.to_string()).expect("written");
        let run = world.program(&[
            "render",
            "request.json",
            "-o",
            "out.pdf",
            "--xml",
            "out.xml",
        ]);
        run.run().await.succeeded();
        let read = |name: &str| std::fs::read(world.path(name)).expect("a file");
        assert!(
            read("out.pdf") == stored,
            "{profile}: render gives other bytes"
        );
        let xml = read("out.xml");
        let digest = invoice::Sha256Digest::of(&xml).to_string();
        assert_eq!(row.xml_sha256.as_deref(), Some(&*digest), "{profile}");

        let preview = serve.client().post("/v1/preview", &request).await;
        assert_eq!(preview.status, 200, "{preview:?}");
        assert!(
            preview.body == stored,
            "{profile}: the preview has other bytes"
        );

        let parts = path(&row);
        let parts: Vec<&str> = parts.split('/').collect();
        let again = [&["render-again"], &parts[..], &["-o", "again.pdf"]].concat();
        world.program(&again).run().await.succeeded();
        assert!(read("again.pdf") == stored, "{profile}: other bytes again");
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn render_writes_the_xml_alone_in_the_syntax_and_the_profile_that_are_asked_for() {
    let world = World::new(Options::sqlite()).await;
    let plain = samples::invoice();
    let render = async |request: &Value, arguments: &[&str]| {
        let arguments = [&["render", "-", "--xml", "-"], arguments].concat();
        world
            .program(&arguments)
            .input(request.to_string())
            .run()
            .await
    };
    const CII: &str = "CrossIndustryInvoice";
    const UBL: &str = "xsd:Invoice-2";
    let asked = samples::with_e_invoice(plain.clone(), "xrechnung");
    let routed = samples::with_e_invoice(plain.clone(), PEPPOL);
    for (request, arguments, expected) in [
        (&asked, &[][..], CII),
        (&asked, &["--syntax", "ubl"], UBL),
        (&plain, &["--profile", "xrechnung"], CII),
        (&plain, &["--profile", "xrechnung", "--syntax", "ubl"], UBL),
        (&routed, &[], UBL),
        (
            &asked,
            &["--profile", "factur-x-en16931"],
            "urn:cen.eu:en16931:2017<",
        ),
    ] {
        let xml = render(request, arguments).await.succeeded();
        assert!(xml.contains(expected), "{arguments:?}: {xml}");
    }
    let none = render(&plain, &[]).await;
    assert_eq!(none.code, 2, "{none:?}");
    assert!(none.stderr.contains("--profile"), "{none:?}");
    let unknown = render(&plain, &["--profile", "zugferd"]).await;
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.stderr.contains("factur-x-en16931"), "{unknown:?}");
    let both = render(&asked, &["-o", "-"]).await;
    assert_eq!(both.code, 2, "{both:?}");
    let neither = world.program(&["render", "-"]).run().await;
    assert_eq!(neither.code, 2, "{neither:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_gets_the_request_and_its_xml_as_they_were() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    // In an envelope: what is shown is the request.
    let request = request(EMBEDDED[0], "auditor");
    let event = serde_json::json!({
        "specversion": "1.0", "type": "invoice.requested.v1", "source": "/shop", "id": "1", "data": request,
    });
    let message = crate::harness::Message {
        content_type: CONTENT_TYPE,
        ..crate::harness::Message::new(event.to_string())
    };
    world.send(&message).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    let parts = path(&row);
    let parts: Vec<&str> = parts.split('/').collect();
    let shown = async |flag: &str| {
        let arguments = [&["show"], &parts[..], &[flag]].concat();
        world.program(&arguments).bytes().await.0
    };
    assert_eq!(shown("--request").await, row.request.as_bytes());
    let read: Value = serde_json::from_slice(&shown("--request").await).expect("JSON");
    assert_eq!(read, request);
    let digest = invoice::Sha256Digest::of(&shown("--xml").await).to_string();
    assert_eq!(row.xml_sha256, Some(digest));
    worker.stop().await;
}
