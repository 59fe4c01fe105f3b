//! The language of a text that declares none.
//!
//! A wrong answer costs an article: it would come out as `unsupported_language`, or be read as what it is not. So the
//! answer is `None` unless the text leaves no doubt, which a headline hardly ever does.

use whatlang::{Lang, Script};

use crate::text::TextView;

/// Bytes that are looked at: more does not change the answer.
const SAMPLE_BYTES: usize = 4_000;
/// Letters below which a text in Latin script is not judged: `Berlin: Merkel in Paris` is German and English.
const FEWEST_LETTERS: usize = 120;
/// Letters that show a script.
const FEWEST_LETTERS_OF_A_SCRIPT: usize = 8;
/// The share of [`FUNCTION_WORDS`] in English prose is 0.3 to 0.45, in other languages hardly ever above 0.08.
const ENGLISH_FROM: f64 = 0.2;
const NOT_ENGLISH_BELOW: f64 = 0.1;
/// `whatlang` calls 0.9 reliable; names from elsewhere in a short text reach that too easily.
const CONFIDENCE: f64 = 0.95;

/// Words of English that other languages do not share, or hardly.
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "after", "also", "and", "are", "as", "at", "be", "been", "but", "by", "for", "from", "had",
    "has", "have", "he", "her", "his", "if", "in", "into", "is", "it", "its", "more", "not", "of", "on",
    "or", "over", "said", "says", "she", "that", "the", "their", "they", "this", "to", "was", "were",
    "which", "who", "will", "with", "would",
];

/// The ISO 639 code of the language of title and body; `None` where that cannot be told for certain.
pub(in crate::article) fn recognise(title: Option<&str>, body: &str) -> Option<String> {
    let sample = format!(
        "{}\n\n{}",
        start_of(title.unwrap_or_default(), SAMPLE_BYTES / 4),
        start_of(body, SAMPLE_BYTES)
    );
    let view = TextView::new(&sample);
    let text = view.clean();
    let latin = text.chars().filter(|c| c.is_alphabetic() && is_latin(*c)).count();
    let others = text.chars().filter(|c| c.is_alphabetic() && !is_latin(*c)).count();
    if others > latin {
        return other_script(text, others);
    }
    if latin < FEWEST_LETTERS {
        return None;
    }
    let english = share_of_english(text);
    if english >= ENGLISH_FROM {
        return Some("en".to_owned());
    }
    if english >= NOT_ENGLISH_BELOW {
        return None;
    }
    let found = whatlang::detect(text)?;
    let is_certain = found.confidence() >= CONFIDENCE && found.lang() != Lang::Eng;
    if is_certain { super::primary(found.lang().code()) } else { None }
}

/// A script of its own tells at once that the text is not English, and often the language; where several share it
/// (Cyrillic, Arabic) a few words do not tell which, so that the most probable one is named.
fn other_script(text: &str, letters: usize) -> Option<String> {
    if letters < FEWEST_LETTERS_OF_A_SCRIPT {
        return None;
    }
    let found = whatlang::detect(text)?;
    if found.script() == Script::Latin { None } else { super::primary(found.lang().code()) }
}

/// Letters of English and of all that is written with them, accents included.
fn is_latin(letter: char) -> bool {
    matches!(u32::from(letter), 0..=0x24f | 0x1e00..=0x1eff)
}

fn share_of_english(text: &str) -> f64 {
    let mut words = 0_u32;
    let mut of_english = 0_u32;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        words += 1;
        let known =
            FUNCTION_WORDS.binary_search_by(|known| (*known).cmp(word.to_lowercase().as_str())).is_ok();
        of_english += u32::from(known);
    }
    if words == 0 { 0.0 } else { f64::from(of_english) / f64::from(words) }
}

/// The beginning, cut between characters.
fn start_of(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_for_binary_search() {
        assert!(FUNCTION_WORDS.is_sorted());
    }

    #[test]
    fn prose_tells_its_language() {
        for (code, text) in [
            (
                "en",
                "The mayor of Lyon said on Friday that the bridge, which was closed after the flood, would be open to buses by the end of May. Shop owners on both banks welcomed it.",
            ),
            (
                "de",
                "Die Bürgermeisterin von Lyon sagte am Freitag, die nach dem Hochwasser gesperrte Brücke werde bis Ende Mai für Busse geöffnet. Die Ladenbesitzer auf beiden Ufern begrüßten das, während Anwohner den Lärm fürchten.",
            ),
            (
                "fr",
                "La maire de Lyon a déclaré vendredi que le pont, fermé après la crue, serait ouvert aux bus d'ici à la fin du mois de mai. Les commerçants des deux rives ont salué cette décision, tandis que les riverains craignent le bruit.",
            ),
            (
                "es",
                "La alcaldesa de Lyon dijo el viernes que el puente, cerrado después de la crecida, se abrirá a los autobuses antes de que termine el mes de mayo. Los comerciantes de las dos orillas celebraron la noticia.",
            ),
            ("ru", "Мэр Лиона заявила в пятницу, что мост откроют для автобусов до конца мая."),
            ("zh", "里昂市長週五表示，大橋將在五月底前對公車開放。商家對此表示歡迎。"),
            ("ja", "リヨン市長は金曜日、橋を五月末までにバスに開放すると述べた。"),
            ("ar", "قالت رئيسة بلدية ليون يوم الجمعة إن الجسر سيفتح أمام الحافلات بحلول نهاية مايو."),
        ] {
            assert_eq!(recognise(None, text).as_deref(), Some(code), "{text}");
            let html = format!("<div class=\"the of and to in is\"><p>{text}</p></div>");
            assert_eq!(recognise(None, &html).as_deref(), Some(code), "{html}");
        }
    }

    #[test]
    fn a_headline_or_a_table_does_not_tell() {
        for text in [
            "",
            "Merkel in Paris",
            "Berlin: Ministerin verteidigt Haushalt",
            "Bayern Munich 3, Real Madrid 1",
            "Xi Jinping, Vladimir Putin, Emmanuel Macron, Olaf Scholz, Giorgia Meloni, Pedro Sánchez, Donald Tusk, Viktor Orbán, Ursula von der Leyen",
            "习",
            "42 17 23",
        ] {
            assert_eq!(recognise(Some(text), "").as_deref(), None, "{text}");
        }
    }
}
