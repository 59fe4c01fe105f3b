//! Which letters of a partition have been replayed, as a consumer group stores it.
//!
//! A group's offset can only say "everything below". With filters the letters in between are left for later, so what
//! has been replayed beyond the offset stands in the text that Kafka stores beside it.

/// The broker's `offset.metadata.max.bytes` is 4096 by default.
const LONGEST_TEXT: usize = 4_000;
const MARK: &str = "tonewire-replayed:";

/// Ranges of offsets without a letter that is still to be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    /// Everything below is done.
    pub(super) next: i64,
    /// Later ranges: from, and up to but without; apart and in order.
    beyond: Vec<(i64, i64)>,
}

impl Memory {
    /// A partition of which nothing has been replayed.
    pub(super) fn from_start(first: i64) -> Self {
        Self { next: first, beyond: Vec::new() }
    }

    /// What a group has stored. A text of somebody else counts as none.
    pub(super) fn parse(offset: i64, text: &str) -> Self {
        let mut memory = Self::from_start(offset);
        let mut end = offset;
        for pair in text.strip_prefix(MARK).unwrap_or_default().split(',').filter(|pair| !pair.is_empty()) {
            let numbers = pair
                .split_once('+')
                .and_then(|(gap, length)| Some((gap.parse::<i64>().ok()?, length.parse::<i64>().ok()?)));
            let Some((gap, length)) = numbers.filter(|&(gap, length)| gap >= 0 && length > 0) else { break };
            let Some(start) = end.checked_add(gap) else { break };
            let Some(after) = start.checked_add(length) else { break };
            memory.beyond.push((start, after));
            end = after;
        }
        memory
    }

    pub(super) fn contains(&self, offset: i64) -> bool {
        offset < self.next || self.beyond.iter().any(|&(from, to)| (from..to).contains(&offset))
    }

    /// Adds a letter that has been replayed. `since`: from there on no letter is left over, since what else stands
    /// there has been replayed or is no letter.
    pub(super) fn add(&mut self, since: i64, offset: i64) {
        let (mut from, mut to) = (since.min(offset), offset + 1);
        if from <= self.next {
            self.next = self.next.max(to);
        } else {
            self.beyond.retain(|&(start, end)| {
                let touches = start <= to && end >= from;
                if touches {
                    from = from.min(start);
                    to = to.max(end);
                }
                !touches
            });
            let at = self.beyond.partition_point(|&(start, _)| start < from);
            self.beyond.insert(at, (from, to));
        }
        while let Some(&(start, end)) = self.beyond.first()
            && start <= self.next
        {
            self.next = self.next.max(end);
            self.beyond.remove(0);
        }
    }

    /// The text beside the offset. `None`: it would be longer than a broker takes.
    pub(super) fn text(&self) -> Option<String> {
        let mut end = self.next;
        let mut pairs = Vec::with_capacity(self.beyond.len());
        for &(from, to) in &self.beyond {
            pairs.push(format!("{}+{}", from - end, to - from));
            end = to;
        }
        let text = if pairs.is_empty() { String::new() } else { format!("{MARK}{}", pairs.join(",")) };
        (text.len() <= LONGEST_TEXT).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Letters at some offsets, of which some are chosen in each of two rounds.
        #[test]
        fn a_letter_is_remembered_if_and_only_if_it_was_replayed(
            letters in prop::collection::btree_map(0_i64..200, (any::<bool>(), any::<bool>()), 1..60),
        ) {
            let mut memory = Memory::from_start(0);
            let mut done = std::collections::BTreeSet::new();
            for round in [0, 1] {
                let mut since = memory.next;
                for (&offset, &(first, second)) in &letters {
                    let chosen = if round == 0 { first } else { second };
                    if memory.contains(offset) {
                        continue;
                    }
                    if chosen {
                        memory.add(since, offset);
                        done.insert(offset);
                    } else {
                        since = offset + 1;
                    }
                }
                let stored = Memory::parse(memory.next, &memory.text().unwrap());
                prop_assert_eq!(&stored, &memory);
                for &offset in letters.keys() {
                    prop_assert_eq!(memory.contains(offset), done.contains(&offset), "offset {}", offset);
                }
            }
        }
    }

    #[test]
    fn what_lies_between_two_replayed_letters_needs_no_memory_of_its_own() {
        let mut memory = Memory::from_start(0);
        memory.add(5, 7);
        memory.add(5, 12);
        assert_eq!(memory.text().unwrap(), "tonewire-replayed:5+8");
        memory.add(0, 3);
        memory.add(0, 4);
        assert_eq!((memory.next, memory.text().unwrap().as_str()), (13, ""));
    }

    #[test]
    fn more_gaps_than_a_broker_stores_are_told() {
        let mut memory = Memory::from_start(0);
        for offset in (1..4_000).step_by(2) {
            memory.add(offset, offset);
        }
        assert_eq!(memory.text(), None);
    }

    #[test]
    fn a_text_of_somebody_else_counts_as_none() {
        for text in ["", "node-7", "tonewire-replayed:x", "tonewire-replayed:-1+3"] {
            assert_eq!(Memory::parse(4, text), Memory::from_start(4));
        }
    }
}
