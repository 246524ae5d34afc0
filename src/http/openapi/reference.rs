//! The page of the API for people: made from the document at the start, without scripts.

use std::fmt::Write as _;

use serde_json::Value;

/// The style of the page.
pub(super) const STYLE: &str = include_str!("reference.css");

/// An operation of the document.
struct Operation<'a> {
    method: String,
    path: String,
    id: String,
    value: &'a Value,
}

/// The page.
pub(super) fn page(document: &Value) -> String {
    let mut page = String::new();
    let title = text(&document["info"]["title"]);
    let version = text(&document["info"]["version"]);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}: API</title>\
         <link rel=\"stylesheet\" href=\"/docs/style.css\"></head>\n<body><header><h1>{title} {version}</h1>\n"
    );
    page.push_str(&paragraphs(&document["info"]["description"]));
    page.push_str(
        "<p>The same as a document for programs: <a href=\"/openapi.json\">/openapi.json</a>.</p></header>\n",
    );
    let operations = operations(document);
    page.push_str("<nav aria-label=\"Operations\"><ul>\n");
    for Operation {
        method,
        path,
        id,
        value,
    } in &operations
    {
        let summary = text(&value["summary"]);
        let _ = writeln!(
            page,
            "<li><a href=\"#{id}\">{summary}</a> <code>{method} {path}</code></li>"
        );
    }
    page.push_str("</ul></nav>\n<main>\n");
    for operation in &operations {
        add_operation(&mut page, document, operation);
    }
    page.push_str("<h2 id=\"schemas\">Schemas</h2>\n");
    let schemas = document["components"]["schemas"].as_object();
    for (name, schema) in schemas.into_iter().flatten() {
        let (name, json) = (escaped(name), pretty(schema));
        let _ = writeln!(
            page,
            "<details id=\"schema-{name}\"><summary><code>{name}</code></summary><pre>{json}</pre></details>"
        );
    }
    page.push_str("</main></body></html>\n");
    page
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, value)| Operation {
            method: escaped(&method.to_uppercase()),
            path: escaped(path),
            id: text(&value["operationId"]),
            value,
        })
    });
    operations.collect()
}

fn add_operation(page: &mut String, document: &Value, operation: &Operation<'_>) {
    let Operation {
        method,
        path,
        id,
        value,
    } = operation;
    let summary = text(&value["summary"]);
    let _ = writeln!(
        page,
        "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{summary}</h2><p class=\"route\"><b>{method}</b> <code>{path}</code></p>"
    );
    page.push_str(&paragraphs(&value["description"]));
    if let Some(role) = value["security"][0]["token"][0].as_str() {
        let _ = writeln!(page, "<p>Role: <code>{}</code></p>", escaped(role));
    }
    let parameters = value["parameters"].as_array().into_iter().flatten();
    let rows = parameters.map(|parameter| {
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let about = marked(&parameter["description"]);
        [format!("<code>{name}</code>"), place, about]
    });
    add_table(
        page,
        &format!("Parameters of: {summary}"),
        ["parameter", "in", "meaning"],
        rows,
    );
    let bodies = value["requestBody"]["content"].as_object();
    for (media_type, body) in bodies.into_iter().flatten() {
        let schema = schema_link(&body["schema"]);
        let media_type = escaped(media_type);
        let _ = writeln!(page, "<p>Body: <code>{media_type}</code> {schema}</p>");
        let examples = body["examples"].as_object().into_iter().flatten();
        for (_, example) in examples.take(1) {
            let (about, json) = (text(&example["summary"]), pretty(&example["value"]));
            let _ = writeln!(
                page,
                "<details><summary>Example: {about}</summary><pre>{json}</pre></details>"
            );
        }
    }
    let answers = value["responses"].as_object().into_iter().flatten();
    let rows = answers.map(|(status, answer)| {
        let answer = resolved(document, answer);
        let contents = answer["content"].as_object().into_iter().flatten();
        let contents = contents.map(|(media_type, body)| {
            format!("{} {}", escaped(media_type), schema_link(&body["schema"]))
        });
        let headers = answer["headers"].as_object().into_iter().flatten();
        let headers = headers.map(|(name, header)| {
            format!(
                "<br><code>{}</code>: {}",
                escaped(name),
                marked(&header["description"])
            )
        });
        let about = marked(&answer["description"]) + &headers.collect::<String>();
        let contents: Vec<String> = contents.collect();
        [
            format!("<b>{}</b>", escaped(status)),
            about,
            contents.join("<br>"),
        ]
    });
    add_table(
        page,
        &format!("Answers of: {summary}"),
        ["status", "meaning", "body"],
        rows,
    );
    page.push_str("</section>\n");
}

/// A table that can be scrolled by itself, also with the keyboard; nothing where it has no rows.
fn add_table(
    page: &mut String,
    label: &str,
    heads: [&str; 3],
    rows: impl Iterator<Item = [String; 3]>,
) {
    let rows: String = rows
        .map(|[first, second, third]| {
            format!("<tr><td>{first}</td><td>{second}</td><td>{third}</td></tr>\n")
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let heads = heads.map(|head| format!("<th scope=\"col\">{head}</th>"));
    let heads = heads.concat();
    let _ = writeln!(
        page,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\"><table><thead><tr>{heads}</tr></thead>\n\
         <tbody>{rows}</tbody></table></div>"
    );
}

/// What a reference into the document leads to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    pointer
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(value)
}

fn schema_link(schema: &Value) -> String {
    let name = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next());
    name.map_or_else(String::new, |name| {
        let name = escaped(name);
        format!("<a href=\"#schema-{name}\"><code>{name}</code></a>")
    })
}

fn paragraphs(value: &Value) -> String {
    let text = marked(value);
    let paragraphs = text.split("\n\n").filter(|it| !it.is_empty());
    paragraphs.map(|it| format!("<p>{it}</p>\n")).collect()
}

/// A text with code between backquotes.
fn marked(value: &Value) -> String {
    let text = text(value);
    let mut marked = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(marked, "<code>{part}</code>");
        } else {
            marked.push_str(part);
        }
    }
    marked
}

fn pretty(value: &Value) -> String {
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
