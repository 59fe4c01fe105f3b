//! Closed classes of words that the clause rules look for. All in lower case and sorted.

/// Whether a sorted list holds the word.
pub(super) fn is_in(list: &[&str], word: &str) -> bool {
    list.binary_search(&word).is_ok()
}

/// Forms of "be", and "get" as it makes a passive.
pub(super) const BE: &[&str] = &[
    "am", "are", "be", "been", "being", "get", "gets", "getting", "got", "is", "isn't", "was", "wasn't", "were",
    "weren't",
];

/// Auxiliaries besides "be".
pub(super) const AUXILIARIES: &[&str] = &["did", "do", "does", "had", "has", "have", "having", "shall", "will"];

/// They leave open whether it happens.
pub(super) const MODALS: &[&str] = &["can", "could", "may", "might", "must", "should", "would"];

pub(super) const NEGATIONS: &[&str] = &[
    "barely", "cannot", "hardly", "neither", "never", "no", "nobody", "none", "nor", "not", "rarely", "scarcely",
    "seldom", "without",
];

/// Words between a subject and its verb that change nothing.
pub(super) const ADVERBS: &[&str] = &[
    "again", "all", "already", "also", "always", "both", "even", "ever", "friday", "just", "later", "long",
    "meanwhile", "monday", "now", "often", "on", "once", "recently", "saturday", "since", "soon", "still", "sunday",
    "then", "thursday", "today", "too", "tuesday", "twice", "wednesday", "yesterday",
];

/// "X vowed to punish Y": the subject of the infinitive is that of the verb.
pub(super) const SUBJECT_CONTROL: &[&str] = &[
    "agree", "agreed", "agrees", "began", "begin", "begins", "continue", "continued", "continues", "decided",
    "decides", "moved", "moves", "pledged", "pledges", "promised", "promises", "rushed", "rushes", "started",
    "starts", "threatened", "threatens", "used", "vowed", "vows",
];

/// "X refused to condemn Y", "X denied criticising Y"
pub(super) const REFUSALS: &[&str] = &[
    "avoid", "avoided", "avoids", "cease", "ceased", "declined", "declines", "denied", "denies", "deny", "denying",
    "failed", "failing", "fails", "halted", "neglected", "refrained", "refrains", "refused", "refuses", "refusing",
    "regrets", "regretted", "stopped", "stops",
];

pub(super) const CONDITIONS: &[&str] = &["if", "lest", "unless", "whether"];

pub(super) const RELATIVES: &[&str] = &["that", "which", "who", "whom"];

pub(super) const CONJUNCTIONS: &[&str] = &["and", "but", "or", "then", "yet"];

/// They begin a new clause: what stands before is not the object's place.
pub(super) const CLAUSE_STARTS: &[&str] = &[
    "after", "although", "as", "because", "before", "but", "if", "since", "that", "though", "unless", "until",
    "when", "where", "whereas", "which", "while", "who", "whom",
];

pub(super) const PREPOSITIONS: &[&str] = &[
    "about", "above", "across", "against", "along", "amid", "among", "around", "at", "behind", "below", "beside",
    "between", "beyond", "by", "despite", "during", "for", "from", "in", "inside", "into", "like", "near", "of",
    "off", "on", "onto", "outside", "over", "past", "through", "to", "toward", "towards", "under", "upon", "via",
    "with", "within", "without",
];

/// Behind a verb and its object's first words, these lead away from the target.
pub(super) const OBJECT_ENDS: &[&str] = &[
    "about", "against", "ahead", "alongside", "amid", "among", "and", "around", "at", "between", "despite",
    "during", "for", "from", "in", "into", "near", "on", "or", "outside", "over", "through", "to", "toward",
    "towards", "under", "with",
];

/// They stand for the country, party or organisation whose they are.
pub(super) const REPRESENTATIVES: &[&str] = &[
    "administration", "agency", "agents", "ambassador", "army", "authorities", "bank", "cabinet", "capital",
    "chancellor", "chief", "chiefs", "coalition", "commander", "commandos", "commission", "company", "court",
    "delegates", "delegation", "diplomat", "diplomats", "embassy", "envoy", "envoys", "fighters", "forces", "gang",
    "government", "governments", "governor", "group", "groups", "gunmen", "insurgents", "judges", "lawmakers",
    "leader", "leaders", "leadership", "legislators", "militants", "military", "militia", "militias", "minister",
    "ministers", "ministry", "monarch", "movement", "negotiators", "officers", "official", "officials",
    "parliament", "party", "police", "politicians", "premier", "president", "prosecutors", "rebels", "regime",
    "representatives", "ruler", "rulers", "secretary", "senate", "senators", "separatists", "soldiers", "spokesman",
    "spokesmen", "spokesperson", "spokeswoman", "state", "statement", "states", "team", "tribunal", "troops",
    "union", "warplanes", "warships",
];

/// Texts that speak for those who signed or issued them.
pub(super) const DOCUMENTS: &[&str] = &[
    "communique", "communiqué", "declaration", "letter", "memo", "message", "petition", "resolution", "speech",
    "statement",
];

/// "X issued a declaration"
pub(super) const ISSUING: &[&str] = &[
    "adopted", "delivered", "gave", "issued", "passed", "published", "released", "sent", "signed", "wrote",
];

/// Verbs whose object is a stance of the subject: "X voiced support for Y".
pub(super) const LIGHT_VERBS: &[&str] = &[
    "aimed", "aired", "announced", "announces", "approved", "brought", "delivered", "delivers", "directed",
    "drafted", "express", "expressed", "expresses", "expressing", "extended", "file", "filed", "files", "fired",
    "gave", "give", "given", "gives", "had", "harbors", "harbours", "has", "have", "hurled", "impose", "imposed",
    "imposes", "imposing", "issue", "issued", "issues", "issuing", "launch", "launched", "launches", "launching",
    "led", "leveled", "levelled", "lodged", "made", "maintained", "make", "makes", "mounted", "offer", "offered",
    "offers", "ordered", "paid", "place", "placed", "pledged", "pledges", "put", "raised", "raises", "reaffirmed",
    "reaffirms", "registered", "reimposed", "reiterated", "repeated", "sent", "show", "showed", "shown", "shows",
    "signaled", "signalled", "slapped", "slaps", "stated", "stepped", "tightened", "took", "unleashed", "voice",
    "voiced", "voices", "voicing", "vowed", "waged",
];

/// "X drew criticism from Y": the subject is the target.
pub(super) const RECEIVING_VERBS: &[&str] = &[
    "attracted", "attracts", "draw", "drawing", "drawn", "draws", "drew", "earned", "earning", "earns", "enjoyed",
    "enjoys", "face", "faced", "faces", "facing", "gained", "gains", "got", "met", "received", "receives",
    "receiving", "secured", "sparked", "suffered", "wins", "won",
];

/// Who is named behind "of" and "on" suffers these: condemning them is no stance toward the victim.
pub(super) const HARMS: &[&str] = &[
    "abduction", "abuse", "annexation", "arrest", "assassination", "assault", "attack", "attacks", "bombing",
    "conviction", "death", "defeat", "detention", "execution", "expulsion", "imprisonment", "indictment",
    "invasion", "jailing", "kidnapping", "killing", "loss", "murder", "occupation", "ouster", "persecution",
    "poisoning", "removal", "resignation", "sentencing", "shooting", "torture", "treatment", "trial",
];

/// Verbs that say what somebody is called.
pub(super) const NAMING_VERBS: &[&str] = &[
    "brand", "branded", "brands", "call", "called", "calling", "calls", "considers", "deemed", "deems", "described",
    "describes", "dubbed", "dubs", "labeled", "labelled", "labels", "termed",
];

pub(super) const REPORTING: &[&str] = &[
    "admitted", "argued", "argues", "asserted", "believes", "claimed", "claims", "declared", "insisted", "insists",
    "maintains", "said", "say", "says", "stated",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [
            BE,
            AUXILIARIES,
            MODALS,
            NEGATIONS,
            SUBJECT_CONTROL,
            REFUSALS,
            CONDITIONS,
            RELATIVES,
            CONJUNCTIONS,
            CLAUSE_STARTS,
            PREPOSITIONS,
            OBJECT_ENDS,
            REPRESENTATIVES,
            DOCUMENTS,
            ISSUING,
            LIGHT_VERBS,
            RECEIVING_VERBS,
            HARMS,
            NAMING_VERBS,
            REPORTING,
            ADVERBS,
        ] {
            let unsorted = list.windows(2).find(|pair| pair[0] >= pair[1]);
            assert_eq!(unsorted, None);
        }
    }
}
