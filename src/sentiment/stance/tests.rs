//! Sentences with their stances: `+` is positive, `-` negative, holder before target.

use super::*;

fn stances(text: &str, mentions: &[StanceMention], person_before: Option<usize>) -> Vec<Stance> {
    report(text, mentions, person_before).stances
}

const ACTORS: [(&str, bool); 12] = [
    ("Orlen Union", false),
    ("Tavia", false),
    ("Mirow", false),
    ("Sorba", false),
    ("Council of Lakes", false),
    ("Nadia Krol", true),
    ("Jon Abel", true),
    ("Ruth Dane", true),
    ("Krol", true),
    ("Abel", true),
    ("Dane", true),
    ("Free Shore Party", false),
];

/// Short names are the same actors.
fn actor(name: &str) -> &str {
    match name {
        "Krol" => "Nadia Krol",
        "Abel" => "Jon Abel",
        "Dane" => "Ruth Dane",
        other => other,
    }
}

fn number(name: &str) -> usize {
    ACTORS.iter().position(|(known, _)| *known == actor(name)).unwrap()
}

fn mentions(text: &str) -> Vec<StanceMention> {
    let mut found: Vec<StanceMention> = Vec::new();
    for (name, person) in ACTORS {
        for (at, _) in text.match_indices(name) {
            let range = at..at + name.len();
            if found.iter().all(|known| known.range.end <= range.start || range.end <= known.range.start) {
                found.push(StanceMention { range, actor: number(name), person });
            }
        }
    }
    found.sort_by_key(|mention| mention.range.start);
    found
}

fn read_after(text: &str, before: Option<&str>) -> Vec<String> {
    let mut found: Vec<String> = stances(text, &mentions(text), before.map(number))
        .into_iter()
        .map(|stance| {
            let sign = if stance.is_positive { '+' } else { '-' };
            format!("{} {sign} {}", ACTORS[stance.holder].0, ACTORS[stance.target].0)
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn check(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| read_after(text, None) != *expected)
        .map(|(text, expected)| {
            format!("{text}\n   expected {expected:?}\n   found    {:?}", read_after(text, None))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_subject_of_an_active_verb_is_the_holder() {
    check(&[
        ("Tavia accused Mirow of stealing water.", &["Tavia - Mirow"]),
        ("Nadia Krol criticized Mirow’s new budget on Tuesday.", &["Nadia Krol - Mirow"]),
        ("Nadia Krol, the mayor of Sorba, praised Jon Abel.", &["Nadia Krol + Jon Abel"]),
        (
            "Tavia President Nadia Krol has repeatedly condemned the Orlen Union.",
            &["Nadia Krol - Orlen Union"],
        ),
        ("Tavia’s foreign ministry rebuked Mirow.", &["Tavia - Mirow"]),
        ("Officials in Tavia denounced Mirow.", &["Tavia - Mirow"]),
        ("Tavia slams Mirow over dam", &["Tavia - Mirow"]),
        ("Following talks in Sorba, Jon Abel thanked Mirow.", &["Jon Abel + Mirow"]),
        ("Abel lashed out at the Free Shore Party.", &["Jon Abel - Free Shore Party"]),
        ("Dane stood by Tavia and Mirow.", &["Ruth Dane + Mirow", "Ruth Dane + Tavia"]),
        (
            "The Council of Lakes, which backed Tavia, has sanctioned Mirow.",
            &["Council of Lakes + Tavia", "Council of Lakes - Mirow"],
        ),
    ]);
}

#[test]
fn the_subject_of_a_passive_is_the_target() {
    check(&[
        ("Mirow was sharply criticised by Tavia.", &["Tavia - Mirow"]),
        ("Jon Abel has been accused by the Orlen Union of fraud.", &["Orlen Union - Jon Abel"]),
        ("Jon Abel, praised by Ruth Dane for his calm, resigned.", &["Ruth Dane + Jon Abel"]),
        ("Mirow was accused of theft.", &[]),
        ("Jon Abel was called a liar by Nadia Krol.", &["Nadia Krol - Jon Abel"]),
    ]);
}

#[test]
fn nouns_of_praise_and_blame_show_who_feels_them() {
    check(&[
        ("Tavia’s praise for Mirow surprised Sorba.", &["Tavia + Mirow"]),
        ("The Council of Lakes issued an arrest warrant for Jon Abel.", &["Council of Lakes - Jon Abel"]),
        ("The Orlen Union imposed sanctions on Mirow.", &["Orlen Union - Mirow"]),
        ("Tavia voiced strong support for the Orlen Union.", &["Tavia + Orlen Union"]),
        ("Jon Abel drew criticism from Ruth Dane.", &["Ruth Dane - Jon Abel"]),
        ("Sanctions were imposed on Mirow by the Orlen Union.", &["Orlen Union - Mirow"]),
        ("Ruth Dane is highly critical of Jon Abel.", &["Ruth Dane - Jon Abel"]),
        ("Tavia remained grateful to Mirow.", &["Tavia + Mirow"]),
        ("Tavia says that it is already in open conflict with Mirow.", &["Tavia - Mirow"]),
    ]);
}

#[test]
fn what_is_denied_refused_or_supposed_is_no_stance() {
    check(&[
        ("Tavia did not praise Mirow.", &[]),
        ("Tavia has never criticised Mirow.", &[]),
        ("Tavia refused to condemn Mirow.", &[]),
        ("Jon Abel denied criticising Nadia Krol.", &[]),
        ("If Tavia accused Mirow, Sorba would leave.", &[]),
        ("Tavia could sanction Mirow.", &[]),
        ("Jon Abel asked Tavia to condemn Mirow.", &[]),
        ("Tavia didn't thank Mirow.", &[]),
        ("Tavia expressed no support for Mirow.", &[]),
        ("Tavia will decide whether Mirow backed Sorba.", &[]),
    ]);
}

#[test]
fn two_verbs_and_two_parties_are_kept_apart() {
    check(&[
        ("Tavia praised Mirow but condemned Sorba.", &["Tavia + Mirow", "Tavia - Sorba"]),
        ("Tavia praised Mirow, while Sorba criticised Tavia.", &["Sorba - Tavia", "Tavia + Mirow"]),
        ("Tavia and Mirow condemned Sorba.", &["Mirow - Sorba", "Tavia - Sorba"]),
        ("Nadia Krol met Jon Abel and Ruth Dane praised Mirow.", &["Ruth Dane + Mirow"]),
        (
            "Tavia and Mirow signed a declaration which accused Sorba of piracy.",
            &["Mirow - Sorba", "Tavia - Sorba"],
        ),
        ("Tavia condemned the attack on Mirow.", &[]),
        ("Tavia condemned the killing of Jon Abel.", &[]),
        ("Tavia condemned the killing of Jon Abel by Mirow.", &["Mirow - Jon Abel", "Tavia - Mirow"]),
        ("Tavia praised the talks in Mirow.", &[]),
        ("Tavia’s plan drew laughs in Mirow.", &[]),
    ]);
}

#[test]
fn what_somebody_is_called_shows_a_stance() {
    check(&[
        ("Nadia Krol called Jon Abel a “dear friend” on Monday.", &["Nadia Krol + Jon Abel"]),
        ("Tavia described Mirow as a reckless aggressor.", &["Tavia - Mirow"]),
        (
            "Krol’s meeting with Jon Abel, whom she has called a “good partner,” ended.",
            &["Nadia Krol + Jon Abel"],
        ),
        ("Tavia called Mirow on Monday.", &[]),
    ]);
}

#[test]
fn a_demand_to_stop_is_a_stance_and_a_plain_request_is_not() {
    check(&[
        ("Tavia called on Mirow to stop the raids.", &["Tavia - Mirow"]),
        ("Tavia urged Mirow to join the club.", &[]),
    ]);
}

fn parts(text: &str) -> Vec<(&str, Part)> {
    let mentions = mentions(text);
    let mut parts = report(text, &mentions, None).parts;
    parts.sort_by_key(|(mention, _)| *mention);
    parts.into_iter().map(|(mention, part)| (&text[mentions[mention].range.clone()], part)).collect()
}

#[test]
fn a_harm_speaks_against_its_doer_in_every_voice() {
    let both = [("Mirow", Part::Harming), ("Sorba", Part::Harmed)];
    assert_eq!(parts("On Friday, Mirow attacked Sorba."), both);
    assert_eq!(parts("The Mirow militia attacked Sorba."), both);
    assert_eq!(parts("Troops of the Mirow regime invaded Sorba.").last(), Some(&both[1]));
    assert_eq!(parts("Sorba was attacked by Mirow."), [both[1], both[0]]);
    assert_eq!(parts("Friday’s attack on Sorba by Mirow was over."), [both[1], both[0]]);
    assert!(parts("If Mirow attacked Sorba, Tavia would help.").is_empty());
    assert!(parts("Mirow denied attacking Sorba.").is_empty());
}

#[test]
fn whoever_praises_the_praised_is_known() {
    assert_eq!(parts("The committee praised Nadia Krol."), [("Nadia Krol", Part::Praised)]);
    assert_eq!(
        parts("The committee praised Nadia Krol but condemned Jon Abel."),
        [("Nadia Krol", Part::Preferred), ("Jon Abel", Part::Blamed)]
    );
    assert_eq!(
        parts("Voters trust Nadia Krol and Ruth Dane, but despise Jon Abel."),
        [("Nadia Krol", Part::Preferred), ("Ruth Dane", Part::Preferred), ("Jon Abel", Part::Blamed)]
    );
    assert_eq!(parts("“Shameful,” Krol said of Abel."), [("Krol", Part::Judging), ("Abel", Part::Blamed)]);
}

#[test]
fn he_and_she_are_the_one_person_that_was_named_before() {
    assert_eq!(read_after("He criticised Mirow.", Some("Jon Abel")), ["Jon Abel - Mirow"]);
    assert!(read_after("He criticised Mirow.", None).is_empty());
}

#[test]
fn the_evidence_runs_from_the_cue_to_the_target() {
    let text = "In June, Tavia sharply criticised the Orlen Union again.";
    let found = stances(text, &mentions(text), None);
    assert_eq!(
        found.first().map(|stance| &text[stance.evidence.clone()]),
        Some("criticised the Orlen Union")
    );
}

#[test]
fn long_sentences_take_linear_time() {
    for unit in ["Tavia accused ", "accused , ", "by Mirow ", "praise for ", "and Tavia ", "called ", "he "] {
        let text = unit.repeat(4000);
        assert!(stances(&text, &mentions_fast(&text), Some(0)).len() < 100_000);
    }
}

#[test]
fn never_so_good_praises_and_never_so_bad_blames() {
    let parts = |text: &str| -> Vec<(usize, Part)> { report(text, &mentions(text), None).parts };
    for text in [
        "The Orlen Union has never been this effective, officials said.",
        "Jon Abel has never looked better.",
        "Mirow and Tavia have never been more closely united.",
        "Tavia has never before been so strong.",
    ] {
        assert!(parts(text).contains(&(0, Part::Preferred)), "{text}: {:?}", parts(text));
    }
    for text in
        ["The Council of Lakes has never been so divided.", "Ruth Dane, the mayor, has never seemed weaker."]
    {
        assert!(parts(text).contains(&(0, Part::Blamed)), "{text}: {:?}", parts(text));
    }
    for text in [
        "Tavia was never that strong.",
        "Tavia has never been as good as Mirow.",
        "Tavia has never been to Sorba.",
        "Tavia has never been weak.",
        "Tavia has never been more than a village.",
    ] {
        assert_eq!(parts(text), [], "{text}");
    }
}

fn mentions_fast(text: &str) -> Vec<StanceMention> {
    let named = text.match_indices("Tavia").chain(text.match_indices("Mirow"));
    named
        .enumerate()
        .map(|(index, (at, _))| StanceMention { range: at..at + 5, actor: index % 2, person: true })
        .collect()
}
