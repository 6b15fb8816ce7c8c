//! Ranks text against what was typed.

/// How well all words of `query` are found in `text`; `None` if one is not. Higher is better.
///
/// A word may be spread out (`wnhr` finds "Window hourly"). Whole words beat beginnings of words,
/// those beat other unbroken finds, and spread-out ones come last. Case does not matter.
pub(super) fn score(query: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    query.split_whitespace().map(|word| score_word(word, &text)).try_fold(0, |sum, one| Some(sum + one?))
}

/// The best score of `query` over several texts, each with a weight in percent. Words may be found
/// in different texts.
pub(super) fn score_fields(query: &str, fields: &[(&str, i32)]) -> Option<i32> {
    query.split_whitespace().try_fold(0, |sum, word| {
        let best = fields.iter().filter_map(|(text, weight)| Some(score(word, text)? * weight / 100)).max();
        Some(sum + best?)
    })
}

fn score_word(word: &str, text: &[char]) -> Option<i32> {
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    unbroken(&word, text).or_else(|| spread_out(&word, text))
}

fn starts_word(text: &[char], at: usize) -> bool {
    at == 0 || text.get(at - 1).is_none_or(|before| !before.is_alphanumeric())
}

fn unbroken(word: &[char], text: &[char]) -> Option<i32> {
    let places = (0..text.len().saturating_sub(word.len().saturating_sub(1)))
        .filter(|at| text.get(*at..at + word.len()) == Some(word));
    let scores = places.map(|at| {
        let begins = starts_word(text, at);
        let ends = text.get(at + word.len()).is_none_or(|after| !after.is_alphanumeric());
        let kind = match (begins, ends) {
            (true, true) => 1_000,
            (true, false) => 800,
            _ => 500,
        };
        // Of equals, the earlier find in the shorter text.
        kind - (at as i32).min(50) - (text.len() as i32).min(100) / 2
    });
    scores.max()
}

fn spread_out(word: &[char], text: &[char]) -> Option<i32> {
    if word.len() < 2 {
        return None;
    }
    let mut total = 0;
    let mut next = 0;
    for letter in word {
        let later = text.iter().enumerate().skip(next);
        let hits: Vec<usize> = later.filter(|(_, c)| *c == letter).map(|(at, _)| at).collect();
        // Initials are what people type, so a letter that starts a word wins over an earlier one.
        let at = hits.iter().copied().find(|at| starts_word(text, *at)).filter(|at| at - next < 16);
        let at = at.or_else(|| hits.first().copied())?;
        total += if starts_word(text, at) {
            40
        } else if at == next {
            25
        } else {
            5
        };
        next = at + 1;
    }
    Some(total.min(400) - (text.len() as i32).min(100) / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order<'a>(query: &str, mut texts: Vec<&'a str>) -> Vec<&'a str> {
        texts.retain(|text| score(query, text).is_some());
        texts.sort_by_key(|text| std::cmp::Reverse(score(query, text)));
        texts
    }

    #[test]
    fn whole_word_then_beginning_then_inside_then_spread_out() {
        let texts = vec!["Job index note", "Rejoin", "Joined rows", "Interval join"];
        assert_eq!(order("join", texts), ["Interval join", "Joined rows", "Rejoin", "Job index note"]);
    }

    #[test]
    fn letters_must_come_in_order() {
        assert_eq!(score("xz", "window"), None);
        assert_eq!(score("wod", "window"), None);
        assert!(score("wnd", "Window").is_some());
    }

    #[test]
    fn every_word_has_to_be_found_but_not_in_the_same_field() {
        let fields = [("Tumbling window", 100), ("group by time", 40)];
        assert!(score_fields("window time", &fields).is_some());
        assert_eq!(score_fields("window kafka", &fields), None);
        assert_eq!(score_fields("", &fields), Some(0));
    }

    #[test]
    fn a_find_in_the_title_beats_one_in_the_description() {
        let in_title = score_fields("filter", &[("Filter", 100), ("Keeps rows", 30)]);
        let in_description = score_fields("filter", &[("Route", 100), ("Filter into branches", 30)]);
        assert!(in_title > in_description);
    }

    #[test]
    fn other_scripts_are_text_too() {
        assert!(score("窗口", "滚动窗口").is_some());
        assert!(score("é", "É").is_some());
    }
}
