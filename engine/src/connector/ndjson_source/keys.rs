//! Which keys of a record fill which columns: a tree that a record is held against while it is scanned.

use hashbrown::HashMap;

/// The keys of the objects that are looked into; the record's own come first.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    objects: Vec<ObjectKeys>,
}

/// The keys of one object.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectKeys {
    keys: Vec<Key>,
    by_name: HashMap<Box<[u8]>, usize, foldhash::fast::FixedState>,
}

/// A key that is known.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The key as text.
    name: Box<[u8]>,
    /// Whether it stands so in a record: without a character that could be or has to be escaped.
    is_plain: bool,
    /// The column that its value fills.
    pub(super) slot: Option<usize>,
    /// The object's number, if its value is looked into.
    pub(super) object: Option<usize>,
    /// The columns that are filled from within it.
    pub(super) below: Vec<usize>,
}

impl Keys {
    /// The keys on `paths`, each with the column that is filled from there; `None` for one that is known but not wanted.
    pub(super) fn new<'a>(paths: impl Iterator<Item = (&'a [String], Option<usize>)>) -> Keys {
        let mut keys = Keys { objects: vec![ObjectKeys::default()] };
        for (path, slot) in paths {
            let mut object = 0;
            for (level, name) in path.iter().enumerate() {
                let is_last = level + 1 == path.len();
                let next = keys.objects.len();
                let key = keys.objects[object].add(name);
                if is_last {
                    key.slot = slot;
                } else if slot.is_some() {
                    key.below.extend(slot);
                    object = *key.object.get_or_insert(next);
                    if object == next {
                        keys.objects.push(ObjectKeys::default());
                    }
                } else {
                    // Nothing is wanted of it on this path: it is skipped whole.
                    break;
                }
            }
        }
        keys
    }

    pub(super) fn object(&self, number: usize) -> &ObjectKeys {
        &self.objects[number]
    }
}

impl ObjectKeys {
    fn add(&mut self, name: &str) -> &mut Key {
        let name: Box<[u8]> = name.as_bytes().into();
        let idx = *self.by_name.entry(name.clone()).or_insert(self.keys.len());
        if idx == self.keys.len() {
            let is_plain = !name.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
            self.keys.push(Key { name, is_plain, slot: None, object: None, below: Vec::new() });
        }
        &mut self.keys[idx]
    }

    /// The key number `guess`, if it is the one that stands, in quotes, at the beginning of `text`; with its length there.
    ///
    /// Records mostly have the same keys in the same order, so this saves looking for the end of the key.
    #[inline]
    pub(super) fn guessed(&self, guess: usize, text: &[u8]) -> Option<(&Key, usize)> {
        let key = self.keys.get(guess).filter(|key| key.is_plain)?;
        let end = key.name.len() + 1;
        (text.get(end) == Some(&b'"') && text[1..end] == *key.name).then_some((key, end + 1))
    }

    /// The key called `name`, with its number.
    pub(super) fn named(&self, name: &[u8]) -> Option<(usize, &Key)> {
        let idx = *self.by_name.get(name)?;
        Some((idx, &self.keys[idx]))
    }
}
