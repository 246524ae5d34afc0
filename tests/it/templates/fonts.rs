//! Font families: the ones that there are, and a template that names another one.

use rustix::process::Signal;
use serde_json::Value;

use super::commands::run;
use super::{append, text};
use crate::faults::templates::Templates;
use crate::harness::{Options, World};

#[tokio::test]
async fn the_families_are_listed_with_their_files_and_languages() {
    let templates = Templates::with(&[]);
    let listed = run(&templates, &["templates", "fonts", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed.succeeded()).expect("JSON");
    let families = listed["families"].as_array().expect("families");
    let family = |name: &str| {
        let mut families = families.iter();
        families
            .find(|family| family["name"] == name)
            .expect("a family")
    };
    // The first one is that of ordinary text.
    assert_eq!(families[0]["name"], "Noto Sans");
    let bold = format!("{}/fonts/NotoSans-Bold.ttf", text(templates.path()));
    let faces = family("Noto Sans")["faces"].as_array().expect("faces");
    let of_bold = serde_json::json!({ "file": bold, "weight": 700, "style": "normal" });
    assert!(faces.contains(&of_bold), "{listed:#}");
    let covers = |name: &str, language: &str| {
        let languages = family(name)["languages"]
            .as_array()
            .expect("languages")
            .clone();
        languages.iter().any(|known| known == language)
    };
    for (name, language, expected) in [
        ("Noto Sans", "de", true),
        ("Noto Sans", "en", true),
        ("Noto Sans", "vi", true),
        ("Noto Sans", "th", false),
        ("Noto Sans Thai", "th", true),
        ("Noto Sans Thai", "de", false),
        ("Noto Sans Arabic", "ar", true),
        ("Noto Sans Hebrew", "he", true),
        ("Noto Sans Hebrew", "ar", false),
    ] {
        assert_eq!(
            covers(name, language),
            expected,
            "{name} {language}: {listed:#}"
        );
    }
    let without = listed["languagesWithoutFont"]
        .as_array()
        .expect("languages");
    assert_eq!(without, &["ja", "ko", "zh-Hant", "zh"]);

    let printed = run(&templates, &["templates", "fonts"]).await.succeeded();
    assert!(printed.starts_with("Noto Sans\n"), "{printed}");
    assert!(
        printed.contains(&format!("700  normal {bold}\n")),
        "{printed}"
    );
    assert!(
        printed.ends_with("in no font: the letters of ja ko zh-Hant zh\n"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_no_file_has_is_refused_by_check_start_and_reload() {
    let world = World::new(Options::sqlite()).await;
    let templates = Templates::with(&[]);
    let folder = [("TEMPLATES_DIR", text(templates.path()))];
    let mut worker = world.worker(&folder).await;
    let source = "#let original = render\n#let render(data) = { set text(font: \"Notto Sans\"); original(data) }";
    append(&templates, "receipt/main.typ", source);

    for command in [&["templates", "check", "receipt"][..], &["worker"]] {
        let refused = world.program(command).envs(folder).run().await;
        assert_ne!(refused.code, 0, "{refused:#?}");
        for words in [
            "error: unknown font family: notto sans\n",
            &format!("--> {}/receipt/main.typ:", text(templates.path())),
            "^^^^^^^^^^^^\n",
            "= hint: there is Noto Sans\n",
            "= hint: `invoice-worker templates fonts` lists all families",
        ] {
            assert!(refused.stderr.contains(words), "{words}: {refused:#?}");
        }
    }
    worker.signal(Signal::HUP);
    worker
        .emits_where("templates_refused", |refused| {
            refused.field_contains("error", "unknown font family: notto sans")
        })
        .await;
    worker.stop().await;
}
