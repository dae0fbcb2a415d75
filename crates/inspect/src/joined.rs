//! Pieces of one channel read as one text around their borders: a value split over two pieces is found.

use std::ops::Range;

use crate::{Channel, Content, Piece};

/// The borders of all pieces of a channel, joined.
pub(crate) struct Joined {
    pub(crate) text: String,
    parts: Vec<Part>,
}

struct Part {
    /// Where it begins in the joined text.
    at: usize,
    piece: usize,
    /// Where it begins in the piece.
    from: usize,
    length: usize,
}

impl Joined {
    /// Joins the pieces of `channel`. Of a long piece only both ends are kept. `None` if there is nothing to join.
    pub(crate) fn new(pieces: &[Piece<'_>], channel: Channel) -> Option<Self> {
        let mut joined = Self { text: String::new(), parts: Vec::new() };
        let mut count = 0;
        for (index, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.channel == channel) {
            if let Content::Text(text) = piece.content
                && !text.is_empty()
            {
                joined.add(index, text);
                count += 1;
            }
        }
        (count > 1).then_some(joined)
    }

    /// The places in pieces that a place in the joined text stands for; `None` if all of it is in one piece.
    pub(crate) fn places(&self, place: Range<usize>) -> Option<Vec<(usize, Range<usize>)>> {
        let first = self.parts.partition_point(|part| part.at + part.length <= place.start);
        let touched = self.parts.iter().skip(first).take_while(|part| part.at < place.end);
        let places: Vec<_> = touched
            .map(|part| {
                let start = place.start.max(part.at) - part.at + part.from;
                (part.piece, start..place.end.min(part.at + part.length) - part.at + part.from)
            })
            .collect();
        let is_split = places.iter().any(|(piece, _)| Some(*piece) != places.first().map(|(piece, _)| *piece));
        is_split.then_some(places)
    }

    fn add(&mut self, piece: usize, text: &str) {
        if text.len() <= 2 * EDGE_BYTES {
            return self.push(piece, text, 0);
        }
        let head = (0..=EDGE_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let tail = (text.len() - EDGE_BYTES..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        self.push(piece, text.get(..head).unwrap_or(""), 0);
        // Nothing may seem to reach over what was left out.
        self.text.push_str("\n\n");
        self.push(piece, text.get(tail..).unwrap_or(""), tail);
    }

    fn push(&mut self, piece: usize, text: &str, from: usize) {
        self.parts.push(Part { at: self.text.len(), piece, from, length: text.len() });
        self.text.push_str(text);
    }
}

/// How much of each end of a piece is joined: more than the longest of the values that people split (keys, cards, IBANs).
const EDGE_BYTES: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_across_a_border_belong_to_both_pieces() {
        let pieces =
            [Piece::text(Channel::User, "abc"), Piece::text(Channel::Tool, "x"), Piece::text(Channel::User, "def")];
        let joined = Joined::new(&pieces, Channel::User).unwrap();
        assert_eq!(joined.text, "abcdef");
        assert_eq!(joined.places(2..5), Some(vec![(0, 2..3), (2, 0..2)]));
        assert_eq!(joined.places(0..3), None);
        assert!(Joined::new(&pieces, Channel::Tool).is_none());
    }

    #[test]
    fn long_pieces_lend_their_ends() {
        let long = "é".repeat(1000);
        let pieces = [Piece::text(Channel::User, &long), Piece::text(Channel::User, "def")];
        let joined = Joined::new(&pieces, Channel::User).unwrap();
        assert_eq!(joined.text.len(), 160 + 2 + 160 + 3);
        assert_eq!(joined.places(320..324), Some(vec![(0, 1998..2000), (1, 0..2)]));
    }
}
