//! Rooms: the messages of one scene, kept in a ring.
//!
//! A room remembers; what a message looks like is decided in [`crate::chat`].

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// A message as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// From 1, without gaps.
    pub(crate) id: u64,
    /// The text before the link.
    pub(crate) before: String,
    /// The link as sent; none in a message without one.
    pub(crate) target: Option<String>,
    /// The text after the link.
    pub(crate) after: String,
    /// The moment at which it was sent, as a position in the plan.
    pub(crate) moment: u32,
    /// What its draws hang on.
    pub(crate) key: u64,
}

/// The messages of one scene, oldest first; the oldest go when it is full.
#[derive(Debug)]
pub(crate) struct Room {
    capacity: usize,
    messages: Mutex<VecDeque<Message>>,
}

impl Room {
    /// An empty room for at least one message.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            messages: Mutex::new(VecDeque::new()),
        }
    }

    /// Adds a message and says its id. `id` of `message` is replaced.
    pub(crate) fn post(&self, mut message: Message) -> u64 {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let id = messages.back().map_or(1, |last| last.id + 1);
        message.id = id;
        if messages.len() >= self.capacity {
            messages.pop_front();
        }
        messages.push_back(message);
        id
    }

    /// The message of an id, if it is still there.
    pub(crate) fn message(&self, id: u64) -> Option<Message> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let first = messages.front()?.id;
        let at = usize::try_from(id.checked_sub(first)?).ok()?;
        messages.get(at).cloned()
    }

    /// Up to `most` messages with an id above `after`; without `after`, the
    /// newest.
    pub(crate) fn after(&self, after: Option<u64>, most: usize) -> Vec<Message> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = messages.front().map(|m| m.id) else {
            return Vec::new();
        };
        let skip = match after {
            Some(after) => {
                let skip = after.saturating_add(1).saturating_sub(first);
                usize::try_from(skip).unwrap_or(usize::MAX)
            }
            None => messages.len().saturating_sub(most),
        };
        messages.iter().skip(skip).take(most).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            id: 0,
            before: String::new(),
            target: None,
            after: String::new(),
            moment: 0,
            key: 0,
        }
    }

    #[test]
    fn the_oldest_go_first_and_ids_go_on() {
        let room = Room::new(3);
        for expected in 1..=5 {
            assert_eq!(room.post(message()), expected);
        }
        assert!(room.message(2).is_none());
        assert_eq!(room.message(3).map(|m| m.id), Some(3));
        assert!(room.message(6).is_none());
        let ids =
            |after, most| -> Vec<u64> { room.after(after, most).iter().map(|m| m.id).collect() };
        assert_eq!(ids(Some(3), 9), [4, 5]);
        assert_eq!(ids(Some(0), 2), [3, 4]);
        assert_eq!(ids(None, 2), [4, 5]);
        assert_eq!(ids(Some(u64::MAX), 2), [0; 0]);
    }
}
