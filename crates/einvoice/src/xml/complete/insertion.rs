//! Elements put into XML that is written already.

use std::fmt::Write as _;

/// An element to insert.
#[derive(Debug)]
pub(super) struct Element {
    name: &'static str,
    attribute: Option<(&'static str, &'static str)>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Children(Vec<Element>),
}

impl Element {
    /// An element with a text.
    pub(super) fn leaf(name: &'static str, text: &str) -> Self {
        Self {
            name,
            attribute: None,
            content: Content::Text(text.to_owned()),
        }
    }

    /// An element with others in it.
    pub(super) fn group(name: &'static str, children: Vec<Self>) -> Self {
        Self {
            name,
            attribute: None,
            content: Content::Children(children),
        }
    }

    /// The same with an attribute.
    pub(super) fn with(self, name: &'static str, value: &'static str) -> Self {
        Self {
            attribute: Some((name, value)),
            ..self
        }
    }

    /// The element as lines, each of which begins with the indentation.
    fn write(&self, indent: &str, out: &mut String) {
        let name = self.name;
        let _ = write!(out, "{indent}<{name}");
        if let Some((attribute, value)) = self.attribute {
            let _ = write!(out, " {attribute}=\"{}\"", escaped(value));
        }
        match &self.content {
            Content::Text(text) => {
                let _ = writeln!(out, ">{}</{name}>", escaped(text));
            }
            Content::Children(children) => {
                out.push_str(">\n");
                let deeper = format!("{indent}  ");
                for child in children {
                    child.write(&deeper, out);
                }
                let _ = writeln!(out, "{indent}</{name}>");
            }
        }
    }
}

/// The XML with these elements before the first of the tags that it has.
pub(super) fn before_first(xml: &str, tags: &[&str], elements: &[Element]) -> String {
    let found = tags.iter().find_map(|tag| xml.find(tag));
    let line = found.map(|at| xml[..at].rfind('\n').map_or(0, |end| end + 1));
    inserted(xml, line, elements)
}

/// The XML with these elements behind the line on which this tag is first.
pub(super) fn after_first(xml: &str, tag: &str, elements: &[Element]) -> String {
    let found = xml.find(tag);
    let line = found.and_then(|at| Some(at + xml[at..].find('\n')? + 1));
    inserted(xml, line, elements)
}

/// The XML with an attribute of the elements that begin so: those for which there is a value.
pub(super) fn with_attributes(
    xml: &str,
    beginning: &str,
    name: &str,
    values: &[Option<String>],
) -> String {
    let mut parts = xml.split(beginning);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, value) in parts.zip(values) {
        out.push_str(beginning);
        if let Some(value) = value {
            let _ = write!(out, " {name}=\"{}\"", escaped(value));
        }
        out.push_str(part);
    }
    out
}

/// The XML without an attribute, which follows the name, of all elements that begin so but the first. `attribute` is spelled to
/// its first quotation mark.
pub(super) fn without_attributes(xml: &str, beginning: &str, attribute: &str) -> String {
    let mut out = String::with_capacity(xml.len());
    for (index, part) in xml.split(beginning).enumerate() {
        if index > 0 {
            out.push_str(beginning);
        }
        let value = part.strip_prefix(attribute).filter(|_| index > 1);
        let rest = value.and_then(|value| value.split_once('"'));
        out.push_str(rest.map_or(part, |(_, rest)| rest));
    }
    out
}

/// The elements at the beginning of a line, as far in as the line in front of which, or behind which, they stand.
fn inserted(xml: &str, line: Option<usize>, elements: &[Element]) -> String {
    let Some(at) = line else {
        return xml.to_owned();
    };
    let (before, after) = xml.split_at(at);
    let indent: String = after.chars().take_while(|c| *c == ' ').collect();
    let mut out = String::with_capacity(xml.len() + 256 * elements.len());
    out.push_str(before);
    for element in elements {
        element.write(&indent, &mut out);
    }
    out.push_str(after);
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<a>\n  <b>1</b>\n  <b>2</b>\n  <c/>\n</a>\n";

    #[test]
    fn elements_stand_where_they_belong() {
        let element = || Element::group("g", vec![Element::leaf("x", "A & B").with("k", "v")]);
        let lines = "  <g>\n    <x k=\"v\">A &amp; B</x>\n  </g>\n";
        assert_eq!(
            before_first(XML, &["<z>", "<c/>"], &[element()]),
            format!("<a>\n  <b>1</b>\n  <b>2</b>\n{lines}  <c/>\n</a>\n")
        );
        assert_eq!(
            after_first(XML, "</b>", &[element()]),
            format!("<a>\n  <b>1</b>\n{lines}  <b>2</b>\n  <c/>\n</a>\n")
        );
    }

    #[test]
    fn an_attribute_is_kept_once() {
        let xml = "<a><b n=\"1\">x</b><b n=\"1\">y</b><b>z</b></a>";
        let expected = "<a><b n=\"1\">x</b><b>y</b><b>z</b></a>";
        assert_eq!(without_attributes(xml, "<b", " n=\""), expected);
    }

    #[test]
    fn attributes_are_given_in_order() {
        let values = [None, Some("\"2\"".to_owned())];
        assert_eq!(
            with_attributes(XML, "<b", "v", &values),
            "<a>\n  <b>1</b>\n  <b v=\"&quot;2&quot;\">2</b>\n  <c/>\n</a>\n"
        );
    }
}
