//! Reads a table at compile time. A table that is out of order does not compile.

/// The name of the list: the first line after its `# `.
pub(super) const fn name(table: &str) -> &str {
    let (line, _) = first_line(table);
    line.split_at(2).1
}

/// How many codes the table has.
pub(super) const fn count(table: &str) -> usize {
    let (mut rest, mut count) = (table, 0);
    while !rest.is_empty() {
        let (line, others) = first_line(rest);
        if !is_comment(line) {
            count += 1;
        }
        rest = others;
    }
    count
}

/// The codes of the table.
pub(super) const fn codes<const COUNT: usize>(table: &str) -> [&str; COUNT] {
    let mut codes = [""; COUNT];
    let (mut rest, mut count) = (table, 0);
    while !rest.is_empty() {
        let (line, others) = first_line(rest);
        if !is_comment(line) {
            assert!(
                count == 0 || is_before(codes[count - 1], line),
                "the codes are not in order"
            );
            codes[count] = line;
            count += 1;
        }
        rest = others;
    }
    codes
}

const fn is_comment(line: &str) -> bool {
    matches!(line.as_bytes(), [b'#', ..])
}

/// The first line without its end, and the text after it.
const fn first_line(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b'\n' {
        end += 1;
    }
    let (line, rest) = text.split_at(end);
    let rest = if rest.is_empty() {
        rest
    } else {
        rest.split_at(1).1
    };
    (line, rest)
}

/// Whether `a` is before `b` in the order of bytes.
const fn is_before(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] < b[at];
        }
        at += 1;
    }
    a.len() < b.len()
}
