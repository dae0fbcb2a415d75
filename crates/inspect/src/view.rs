//! A text as detectors read it (normalised or decoded), with the way back to the bytes it came from.

use std::borrow::Cow;
use std::ops::Range;

/// A readable form of a source text. Places found in it map back to the source.
pub(crate) struct View<'t> {
    pub(crate) text: Cow<'t, str>,
    map: Map,
}

enum Map {
    /// The view is the source, from this offset on.
    Same(usize),
    /// Stretches in order; each ends where the next begins, the last at these ends.
    Stretches { list: Vec<Stretch>, view_end: usize, source_end: usize },
    /// As long as the source and at the same places, from this offset on, but other characters.
    Recoded(usize),
    /// Every place is this place: a value decoded as a whole.
    Whole(Range<usize>),
}

struct Stretch {
    view: usize,
    source: usize,
    /// Byte for byte the same; otherwise the stretch maps as a whole.
    same: bool,
}

/// Rewrites parts of a source and remembers where each came from.
pub(crate) struct Rewrite<'t> {
    source: &'t str,
    offset: usize,
    out: String,
    list: Vec<Stretch>,
    done: usize,
}

impl<'t> View<'t> {
    /// The source itself, which begins at `offset` of what places shall refer to.
    pub(crate) fn same(text: &'t str, offset: usize) -> Self {
        Self { text: Cow::Borrowed(text), map: Map::Same(offset) }
    }

    /// A text that stands for `place` as a whole.
    pub(crate) fn whole(text: String, place: Range<usize>) -> Self {
        Self { text: Cow::Owned(text), map: Map::Whole(place) }
    }

    /// A text of the same length as the source, each character in the place of another; it begins at `offset`.
    pub(crate) fn recoded(text: String, offset: usize) -> Self {
        Self { text: Cow::Owned(text), map: Map::Recoded(offset) }
    }

    /// The place in the source of a place in the view. A rewritten stretch is never split.
    pub(crate) fn source(&self, place: Range<usize>) -> Range<usize> {
        match &self.map {
            Map::Same(offset) | Map::Recoded(offset) => place.start + offset..place.end + offset,
            Map::Whole(whole) => whole.clone(),
            Map::Stretches { .. } => {
                let start = self.source_at(place.start, false);
                // An empty place has no last byte of its own.
                let end = if place.end > place.start { self.source_at(place.end - 1, true) } else { start };
                start..end.max(start)
            }
        }
    }

    /// Whether every character stands for another one.
    pub(crate) fn is_recoded(&self) -> bool {
        matches!(self.map, Map::Recoded(_))
    }

    /// Whether any byte of the place was rewritten.
    pub(crate) fn is_rewritten(&self, place: Range<usize>) -> bool {
        let Map::Stretches { list, .. } = &self.map else { return !matches!(self.map, Map::Same(_)) };
        let first = list.partition_point(|stretch| stretch.view <= place.start).saturating_sub(1);
        let touched = list.iter().skip(first).take_while(|stretch| stretch.view < place.end.max(place.start + 1));
        touched.into_iter().any(|stretch| !stretch.same)
    }

    /// The source offset where view byte `at` begins, or ends if `past`.
    fn source_at(&self, at: usize, past: bool) -> usize {
        let Map::Stretches { list, view_end, source_end } = &self.map else { return at };
        if at >= *view_end {
            return *source_end;
        }
        let next = list.partition_point(|stretch| stretch.view <= at);
        let Some(stretch) = next.checked_sub(1).and_then(|i| list.get(i)) else { return 0 };
        match (stretch.same, past) {
            (true, _) => stretch.source + (at - stretch.view) + usize::from(past),
            (false, false) => stretch.source,
            (false, true) => list.get(next).map_or(*source_end, |next| next.source),
        }
    }
}

impl<'t> Rewrite<'t> {
    /// Begins to rewrite `source`, which begins at `offset` of what places shall refer to.
    pub(crate) fn new(source: &'t str, offset: usize) -> Self {
        Self { source, offset, out: String::new(), list: Vec::new(), done: 0 }
    }

    /// Puts `new` in the place of `start..end`. Calls come in order; overlapping or broken ranges are left alone.
    pub(crate) fn replace(&mut self, start: usize, end: usize, new: &str) {
        if start < self.done || end <= start || !self.source.is_char_boundary(end) {
            return;
        }
        let Some(kept) = self.source.get(self.done..start) else { return };
        if !kept.is_empty() {
            self.list.push(Stretch { view: self.out.len(), source: self.done + self.offset, same: true });
            self.out.push_str(kept);
        }
        self.list.push(Stretch { view: self.out.len(), source: start + self.offset, same: false });
        self.out.push_str(new);
        self.done = end;
    }

    /// Whether nothing was rewritten so far.
    pub(crate) fn is_untouched(&self) -> bool {
        self.list.is_empty()
    }

    /// The last byte written so far, counting what stands unwritten before `start`.
    pub(crate) fn last_byte(&self, start: usize) -> u8 {
        let pending = self.source.as_bytes().get(self.done..start).unwrap_or(&[]);
        pending.last().or_else(|| self.out.as_bytes().last()).copied().unwrap_or(0)
    }

    pub(crate) fn finish(mut self) -> View<'t> {
        if self.list.is_empty() {
            return View::same(self.source, self.offset);
        }
        let kept = self.source.get(self.done..).unwrap_or("");
        if !kept.is_empty() {
            self.list.push(Stretch { view: self.out.len(), source: self.done + self.offset, same: true });
            self.out.push_str(kept);
        }
        let (view_end, source_end) = (self.out.len(), self.source.len() + self.offset);
        View { text: Cow::Owned(self.out), map: Map::Stretches { list: self.list, view_end, source_end } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_map_back_and_rewritten_stretches_stay_whole() {
        let mut rewrite = Rewrite::new("ab%40cd", 10);
        rewrite.replace(2, 5, "@");
        let view = rewrite.finish();
        assert_eq!(view.text, "ab@cd");
        assert_eq!(view.source(0..5), 10..17);
        assert_eq!(view.source(2..3), 12..15);
        assert_eq!(view.source(3..4), 15..16);
        assert!(view.is_rewritten(1..3) && !view.is_rewritten(0..2) && !view.is_rewritten(3..5));
    }

    #[test]
    fn dropped_characters_belong_to_no_neighbour_alone() {
        let mut rewrite = Rewrite::new("a__b", 0);
        rewrite.replace(1, 3, "");
        let view = rewrite.finish();
        assert_eq!(
            (view.text.as_ref(), view.source(0..2), view.source(0..1), view.source(1..2)),
            ("ab", 0..4, 0..1, 3..4)
        );
    }
}
