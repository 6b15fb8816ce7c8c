//! Ranks text against what was typed.

/// Text to search in.
pub(super) struct Field<'a> {
    pub text: &'a str,
    /// What a find here is worth, in percent.
    pub weight: i32,
    /// Whether the letters of a word may be spread out (`wnhr` finds "Window hourly"). In long
    /// sentences nearly everything could be found that way.
    pub spread: bool,
}

/// How well all words of `query` are found in the fields together, each word in its best field;
/// `None` if one is not found. Higher is better.
///
/// Whole words beat beginnings of words, those beat other unbroken finds, and spread-out ones come
/// last. Case does not matter.
pub(super) fn score(query: &str, fields: &[Field<'_>]) -> Option<i32> {
    query.split_whitespace().try_fold(0, |sum, word| {
        let scores = fields.iter().filter_map(|field| Some(score_word(word, field)? * field.weight / 100));
        Some(sum + scores.max()?)
    })
}

fn score_word(word: &str, field: &Field<'_>) -> Option<i32> {
    let [word, text] =
        [word, field.text].map(|s| s.chars().flat_map(char::to_lowercase).collect::<Vec<char>>());
    let scattered = || if field.spread { spread_out(&word, &text) } else { None };
    unbroken(&word, &text).or_else(scattered)
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

    fn title(query: &str, text: &str) -> Option<i32> {
        score(query, &[Field { text, weight: 100, spread: true }])
    }

    fn order<'a>(query: &str, mut texts: Vec<&'a str>) -> Vec<&'a str> {
        texts.retain(|text| title(query, text).is_some());
        texts.sort_by_key(|text| std::cmp::Reverse(title(query, text)));
        texts
    }

    #[test]
    fn whole_word_then_beginning_then_inside_then_spread_out() {
        let texts = vec!["Job index note", "Rejoin", "Joined rows", "Interval join"];
        assert_eq!(order("join", texts), ["Interval join", "Joined rows", "Rejoin", "Job index note"]);
    }

    #[test]
    fn letters_must_come_in_order() {
        assert_eq!(title("xz", "window"), None);
        assert_eq!(title("wod", "window"), None);
        assert!(title("wnd", "Window").is_some());
    }

    #[test]
    fn every_word_has_to_be_found_but_not_in_the_same_field() {
        let fields = [
            Field { text: "Tumbling window", weight: 100, spread: true },
            Field { text: "group by time", weight: 40, spread: false },
        ];
        assert!(score("window time", &fields).is_some());
        assert_eq!(score("window kafka", &fields), None);
        assert_eq!(score("", &fields), Some(0));
        assert_eq!(score("gbt", &fields), None, "a sentence is not searched letter by letter");
    }

    #[test]
    fn a_find_in_the_title_beats_one_in_the_description() {
        let item = |title, description| {
            let fields = [
                Field { text: title, weight: 100, spread: true },
                Field { text: description, weight: 35, spread: false },
            ];
            score("filter", &fields)
        };
        assert!(item("Filter", "Keeps rows") > item("Route", "Filter into branches"));
    }

    #[test]
    fn other_scripts_are_text_too() {
        assert!(title("窗口", "滚动窗口").is_some());
        assert!(title("é", "É").is_some());
    }
}
