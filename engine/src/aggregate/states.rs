//! The states of groups, in pages, so that many of them can grow in number without being moved.

/// As many states as fit a page. The first page is no larger than it has to be.
const PAGE: usize = 1 << PAGE_BITS;
const PAGE_BITS: u32 = 13;

/// One state for every group.
#[derive(Debug)]
pub(super) struct States<S> {
    pages: Vec<Vec<S>>,
}

impl<S> Default for States<S> {
    fn default() -> States<S> {
        States { pages: Vec::new() }
    }
}

impl<S: Default> States<S> {
    /// Sees to it that there are states for groups below `n_groups`.
    pub(super) fn grow(&mut self, n_groups: usize) {
        while self.len() < n_groups {
            let missing = n_groups - self.len();
            match self.pages.last_mut() {
                Some(last) if last.len() < PAGE => {
                    let n_more = missing.max(last.len()).min(PAGE - last.len());
                    last.resize_with(last.len() + n_more, S::default);
                }
                last => {
                    let n_states = if last.is_some() { PAGE } else { missing.min(PAGE) };
                    self.pages.push((0..n_states).map(|_| S::default()).collect());
                }
            }
        }
    }

    fn len(&self) -> usize {
        match self.pages.as_slice() {
            [] => 0,
            [whole @ .., last] => whole.len() * PAGE + last.len(),
        }
    }

    /// Makes `groups` what they were before their first row.
    pub(super) fn forget(&mut self, groups: &[u32]) {
        for group in groups {
            *self.at_mut(*group) = S::default();
        }
    }

    /// Takes a group's state and leaves a new one.
    pub(super) fn take(&mut self, group: u32) -> S {
        std::mem::take(self.at_mut(group))
    }
}

impl<S> States<S> {
    #[inline]
    pub(super) fn at(&self, group: u32) -> &S {
        &self.pages[(group >> PAGE_BITS) as usize][group as usize % PAGE]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, group: u32) -> &mut S {
        &mut self.pages[(group >> PAGE_BITS) as usize][group as usize % PAGE]
    }

    /// Calls `each` with the state of each of `groups` in turn, and what comes with it.
    #[inline(always)]
    pub(super) fn for_each<T>(
        &mut self,
        groups: impl Iterator<Item = (u32, T)>,
        mut each: impl FnMut(&mut S, T),
    ) {
        if let [page] = self.pages.as_mut_slice() {
            groups.for_each(|(group, with)| each(&mut page[group as usize], with));
        } else {
            groups.for_each(|(group, with)| each(self.at_mut(group), with));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_keep_their_place_as_they_grow() {
        let mut states = States::<u64>::default();
        let mut n_before = 0_usize;
        for n_groups in [1, 2, 3, 100, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 7] {
            states.grow(n_groups);
            assert!(states.len() >= n_groups);
            for group in n_before as u32..n_groups as u32 {
                assert_eq!(*states.at(group), 0);
                *states.at_mut(group) = u64::from(group) + 1;
            }
            n_before = n_groups;
        }
        states.for_each(
            (0..n_before as u32).map(|group| (group, u64::from(group) + 1)),
            |state, expected| {
                assert_eq!(*state, expected);
            },
        );
        states.forget(&[5, PAGE as u32]);
        assert_eq!([*states.at(4), *states.at(5), *states.at(PAGE as u32)], [5, 0, 0]);
        assert_eq!((states.take(4), *states.at(4)), (5, 0));
    }
}
