use super::*;
use time::OffsetDateTime;

fn batch(position: i64, refused: &[i64]) -> Batch {
    Batch {
        published: Vec::new(),
        digests: Vec::new(),
        published_at: OffsetDateTime::UNIX_EPOCH,
        refused: refused.iter().map(|id| (*id, "x".repeat(1_000))).collect(),
        unreadable: Vec::new(),
        claimed: Vec::new(),
        position,
        result: Ok(()),
    }
}

#[test]
fn what_a_batch_leaves_for_the_next_one_is_not_counted_yet() {
    let mut position = Position::default();
    advance(&mut position, &batch(5, &[3, 5, 7]));
    assert_eq!((position.after_id, position.refused), (5, 2));
    advance(&mut position, &batch(9, &[7]));
    assert_eq!((position.after_id, position.refused), (9, 3));
    let ids = position.refused_letters.iter().map(|letter| letter.id);
    assert_eq!(ids.collect::<Vec<_>>(), [3, 5, 7]);
}

#[test]
fn a_row_names_only_some_of_what_was_refused() {
    let mut position = Position::default();
    let ids: Vec<i64> = (1..=250).collect();
    advance(&mut position, &batch(250, &ids));
    assert_eq!(position.refused, 250);
    assert_eq!(position.refused_letters.len(), MAX_NAMED);
    let reason = &position.refused_letters[0].reason;
    assert_eq!(reason.chars().count(), REASON_CHARS);
}
