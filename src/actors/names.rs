//! The names that are known, compiled into one table by `examples/compile_names.rs`.

use fst::{IntoStreamer, Map, Streamer};

static TABLE: &[u8] = include_bytes!("names.fst");

/// What a known name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameClass {
    Person,
    Organization,
    Country,
    Group,
    /// Adjective of a country; not an actor by itself.
    Demonym,
    /// City that also stands for its country's government.
    Capital,
    /// Building that stands for its country's government.
    Metonym,
}

impl NameClass {
    const ALL: [Self; 7] = [
        Self::Person,
        Self::Organization,
        Self::Country,
        Self::Group,
        Self::Demonym,
        Self::Capital,
        Self::Metonym,
    ];

    /// From the word used in `curated.tsv`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| format!("{class:?}").eq_ignore_ascii_case(word))
    }
}

/// An entry of the table: class and number of the Wikidata item, 0 where the name is ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameEntry {
    pub class: NameClass,
    pub number: u32,
}

impl NameEntry {
    /// As a value of the table.
    #[must_use]
    pub fn packed(self) -> u64 {
        u64::from(self.number) << 8 | self.class as u64
    }

    fn unpacked(value: u64) -> Option<Self> {
        let class = *NameClass::ALL.get(usize::try_from(value & 0xff).ok()?)?;
        Some(Self { class, number: u32::try_from(value >> 8).ok()? })
    }

    /// Wikidata item, where the name is not ambiguous.
    #[must_use]
    pub fn wikidata(self) -> Option<String> {
        (self.number > 0).then(|| format!("Q{}", self.number))
    }
}

/// Key under which a territory or curated actor keeps the name it is shown with.
#[must_use]
pub fn canonical_key(number: u32, name: &str) -> String {
    format!("#{number}#{name}")
}

/// Key of a common first name.
#[must_use]
pub fn given_name_key(normalised: &str) -> String {
    format!("^{normalised}")
}

/// Lower case, straight apostrophes, Latin letters without their marks.
#[must_use]
pub fn normalise(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for character in name.trim().chars().flat_map(char::to_lowercase) {
        match unmarked(character) {
            Some(plain) => normalised.push_str(plain),
            None => normalised.push(character),
        }
    }
    normalised
}

fn unmarked(character: char) -> Option<&'static str> {
    Some(match character {
        '’' | '‘' | 'ʼ' => "'",
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ə' => "e",
        'ğ' | 'ģ' | 'ġ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ł' | 'ļ' | 'ľ' | 'ĺ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        // Marks that follow their letter.
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// The compiled table.
pub struct NameTable {
    map: Map<&'static [u8]>,
}

impl NameTable {
    /// Opens the table that is part of the program.
    ///
    /// # Errors
    /// If the table is damaged.
    pub fn open() -> Result<Self, fst::Error> {
        Map::new(TABLE).map(|map| Self { map })
    }

    /// A name as written in the text; `shape_counts` is false in headlines in capitals, where acronyms cannot
    /// be told from words.
    #[must_use]
    pub fn find(&self, name: &str, shape_counts: bool) -> Option<NameEntry> {
        if !name.chars().any(char::is_lowercase)
            && (shape_counts || name.len() > 3)
            && let Some(value) = self.map.get(format!("!{name}"))
        {
            return NameEntry::unpacked(value);
        }
        self.map.get(normalise(name)).and_then(NameEntry::unpacked)
    }

    /// An acronym, whatever its case: "Nato" in a headline.
    #[must_use]
    pub fn find_acronym(&self, name: &str) -> Option<NameEntry> {
        self.map.get(format!("!{}", name.to_uppercase())).and_then(NameEntry::unpacked)
    }

    /// Whether people are called so.
    #[must_use]
    pub fn is_given_name(&self, word: &str) -> bool {
        self.map.contains_key(given_name_key(&normalise(word)))
    }

    /// The name that an item is shown with.
    #[must_use]
    pub fn canonical_name(&self, number: u32) -> Option<String> {
        let prefix = canonical_key(number, "");
        let mut stream = self.map.range().ge(&prefix).into_stream();
        let (key, _) = stream.next()?;
        std::str::from_utf8(key).ok()?.strip_prefix(&prefix).map(String::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_found_whatever_their_marks_and_quotes() -> Result<(), fst::Error> {
        let table = NameTable::open()?;
        for (name, item) in [
            ("Xi Jinping", "Q15031"),
            ("Mikhail Mishustin", "Q4298520"),
            ("King’s College London", "Q245247"),
            ("U.S.", "Q30"),
            ("François Hollande", "Q157"),
            ("Francois Hollande", "Q157"),
        ] {
            assert_eq!(table.find(name, true).and_then(NameEntry::wikidata).as_deref(), Some(item), "{name}");
        }
        assert_eq!(table.find("who", true), None);
        assert_eq!(table.find("Georgia", true).and_then(NameEntry::wikidata), None);
        assert_eq!(table.canonical_name(148).as_deref(), Some("China"));
        assert!(table.is_given_name("Natasha") && !table.is_given_name("Velm"));
        Ok(())
    }

    #[test]
    fn the_table_stays_small() {
        assert!(TABLE.len() <= 4 << 20);
    }
}
