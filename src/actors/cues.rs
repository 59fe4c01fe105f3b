//! Word lists that tell who is meant.

/// Verbs that introduce what somebody says.
pub const SPEECH_VERBS: &[&str] = &[
    "accused",
    "acknowledged",
    "added",
    "adds",
    "admitted",
    "alleged",
    "announced",
    "argued",
    "argues",
    "asked",
    "asserted",
    "believes",
    "called",
    "cautioned",
    "claimed",
    "claims",
    "commented",
    "complained",
    "concluded",
    "confirmed",
    "contended",
    "continued",
    "declared",
    "denied",
    "described",
    "explained",
    "explains",
    "insisted",
    "insists",
    "joked",
    "noted",
    "notes",
    "observed",
    "pledged",
    "posted",
    "predicted",
    "promised",
    "quipped",
    "read",
    "recalled",
    "remarked",
    "repeated",
    "replied",
    "reported",
    "responded",
    "said",
    "says",
    "shouted",
    "stated",
    "stressed",
    "suggested",
    "tells",
    "testified",
    "told",
    "tweeted",
    "urged",
    "vowed",
    "warned",
    "warns",
    "writes",
    "wrote",
];

/// Family names that stand before the given name: the first word of "Xi Jinping" is what the text goes on with.
pub(super) const FAMILY_FIRST: &[&str] = &[
    "ban", "cai", "cao", "chan", "chen", "cho", "choi", "cui", "deng", "ding", "dong", "du", "fan", "fang",
    "feng", "gao", "guo", "han", "he", "hong", "hu", "huang", "hwang", "jang", "jeong", "jia", "jiang",
    "jung", "kang", "kim", "kwon", "lam", "lee", "li", "liang", "lin", "liu", "lu", "luo", "ma", "mao",
    "moon", "nguyen", "oh", "pan", "park", "peng", "pham", "qian", "qin", "ri", "ro", "roh", "seo", "shen",
    "shi", "shin", "song", "su", "sun", "tan", "tang", "tao", "tian", "tran", "tsai", "wang", "wei", "wen",
    "wu", "xi", "xiao", "xie", "xu", "yan", "yang", "yao", "ye", "yi", "yoon", "yu", "yuan", "zeng", "zhang",
    "zhao", "zheng", "zhou", "zhu",
];

/// Whether a sorted list holds the word.
#[must_use]
pub fn is_one_of(list: &[&str], lower_case: &str) -> bool {
    list.binary_search(&lower_case).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [SPEECH_VERBS, FAMILY_FIRST] {
            assert!(list.is_sorted());
        }
    }
}
